"""Korean: the composer and what stands at an answer."""

TEXTS: dict[str, str] = {}
