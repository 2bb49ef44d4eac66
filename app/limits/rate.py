"""Rates as people write them: `60/minute`."""

from limits import RateLimitItem, parse_many


def parse_rate(text: str) -> RateLimitItem:
    """One rate. Raises ValueError in words."""
    try:
        rates = parse_many(text)
    except ValueError:
        rates = []
    if len(rates) != 1 or rates[0].amount < 1 or rates[0].get_expiry() < 1:
        raise ValueError("must be a rate like 60/minute, 5/second or 1000/hour")
    return rates[0]
