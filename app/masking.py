"""Personal data and secrets out of log text: what looks like one becomes `***masked***`.

Built so that masking takes time in proportion to the text, whatever is in it: a pattern starts only where a word
starts, and has no quantifier inside a quantifier. Built so that masking twice changes nothing: no pattern reaches
across a mask or starts beside one, and a text that four rounds do not settle is masked as a whole.
"""

import re
from collections.abc import Callable
from typing import Any

MASK = "***masked***"
ROUNDS = 4
# The names, paths and ids that most lines are made of come again and again: those of so many characters that hold
# nothing to mask are looked at once, as long as there is room. What was masked is remembered nowhere.
SHORT, MANY = 64, 4096
_harmless: set[str] = set()

# Names of fields whose values are never shown: what people type, and what opens doors.
SECRET_KEYS = frozenset(
    """password current_password new_password passwd email phone token access_token refresh_token authorization cookie
    set_cookie api_key x_api_key secret content prompt reply completion""".split()
)

Replace = Callable[[re.Match[str]], str]


def _whole(_match: re.Match[str]) -> str:
    return MASK


def _after_first_group(match: re.Match[str]) -> str:
    return match[1] + MASK


def _card(match: re.Match[str]) -> str:
    return MASK if luhn([int(char) for char in match[0] if char.isdigit()]) else match[0]


def _phone(match: re.Match[str]) -> str:
    return MASK if sum(char.isdigit() for char in match[0]) >= 8 else match[0]


def _account(match: re.Match[str]) -> str:
    return MASK if iban(match[0]) else match[0]


def iban(text: str) -> bool:
    """Whether the check digits of a bank account number are right (ISO 13616)."""
    plain = text.replace(" ", "").replace("-", "")
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def luhn(digits: list[int]) -> bool:
    """Whether the last digit is the check digit of a payment card (ISO/IEC 7812-1)."""
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


# (what a text must hold to be looked at, pattern, replacement). The asterisk of a mask is in every lookaround.
_KEY = r"(?<![0-9A-Za-z_*-])"
_NUMBER = r"(?<![0-9A-Za-z_.*+-])"
_NUMBER_END = r"(?!-?[0-9A-Za-z_*])"
# Characters of a bank account number (IBAN) → the countries that have it so.
_IBAN_LENGTHS = {
    15: "NO", 16: "BE BI", 18: "DK FI FO GL NL FK SD", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST", 26: "IS TR", 27: "BJ DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
_IBAN = "|".join(
    f"(?:{'|'.join(countries.split())})[0-9]{{2}}(?:[ -]?[0-9A-Z]){{{length - 4}}}"
    for length, countries in _IBAN_LENGTHS.items()
)
RULES: tuple[tuple[str, re.Pattern[str], Replace], ...] = (
    # user:password@ of a URL
    ("://", re.compile(r"(://)[^\s/*]++@", re.ASCII), lambda match: f"{match[1]}{MASK}@"),
    ("earer", re.compile(r"\b(bearer\s{1,8})[A-Za-z0-9._~+/=-]{16,}+", re.ASCII | re.IGNORECASE), _after_first_group),
    ("asic", re.compile(r"\b(basic\s{1,8})[A-Za-z0-9+/=]{16,}+", re.ASCII | re.IGNORECASE), _after_first_group),
    # JSON Web Tokens
    ("eyJ", re.compile(_KEY + r"eyJ[\w-]{8,}+\.[\w-]++(?:\.[\w-]*+)?", re.ASCII), _whole),
    # our API keys and those of well-known services
    ("k-", re.compile(_KEY + r"(?:vcsk|sk)-[\w-]{16,}+", re.ASCII), _whole),
    ("hf_", re.compile(_KEY + r"hf_\w{16,}+", re.ASCII), _whole),
    (
        "",
        re.compile(
            r"\b((?:password|passwd|pwd|secret|api_?key|access_token|refresh_token|client_id)[\"']?\s{0,4}[=:]\s{0,4}[\"']?)"
            r"[^\s\"',;&*][^\s\"',;&*]*+",
            re.ASCII | re.IGNORECASE,
        ),
        _after_first_group,
    ),
    ("oken=", re.compile(r"([?&]token=)[^\s&*]++", re.ASCII | re.IGNORECASE), _after_first_group),
    # e-mail addresses, also with letters of other scripts
    ("@", re.compile(r"(?<![\w.!#$%+^~*-])[\w.!#$%+^~-]++@[\w.@-]++"), _whole),
    # bank accounts
    ("", re.compile(_KEY + r"(?=[A-Z]{2}[0-9]{2})(?:" + _IBAN + ")" + _NUMBER_END, re.ASCII | re.IGNORECASE), _account),
    # Korean resident registration numbers: date of birth, then sex and century
    (
        "-",
        re.compile(
            _NUMBER + r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-[1-8][0-9]{6}" + _NUMBER_END, re.ASCII
        ),
        _whole,
    ),
    # payment cards
    ("", re.compile(_NUMBER + r"(?:[3-6][0-9]{12,18}|2[2-7][0-9]{14})" + _NUMBER_END, re.ASCII), _card),
    ("", re.compile(_NUMBER + r"[2-6][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}" + _NUMBER_END, re.ASCII), _card),
    ("", re.compile(_NUMBER + r"3[0-9]{3}([ -])[0-9]{6}\1[0-9]{4,5}" + _NUMBER_END, re.ASCII), _card),
    # Korean numbers, at home and from abroad, then those of the world
    (
        "1",
        re.compile(_NUMBER + r"(?:\(01[016789]\)|01[016789])[-. ]?[0-9]{3,4}[-. ]?[0-9]{4}" + _NUMBER_END, re.ASCII),
        _whole,
    ),
    ("82", re.compile(_NUMBER + r"82[-. ]?0?1[016789][-. ]?[0-9]{3,4}[-. ]?[0-9]{4}" + _NUMBER_END, re.ASCII), _whole),
    ("-", re.compile(_NUMBER + r"0[0-9]{1,2}-[0-9]{3,4}-[0-9]{4}" + _NUMBER_END, re.ASCII), _whole),
    ("+", re.compile(_NUMBER + r"\+[1-9][0-9 ().-]{6,20}[0-9]", re.ASCII), _phone),
)


def mask_text(text: str) -> str:
    """The text without personal data and secrets; `mask_text(mask_text(x)) == mask_text(x)`."""
    if len(text) < 6 or text in _harmless:
        return text
    given = text
    for _ in range(ROUNDS):
        masked = _round(text)
        if masked == text:
            if text is given and len(text) <= SHORT:
                _remember(text)
            return text
        text = masked
    return text if _round(text) == text else MASK


def _remember(text: str) -> None:
    if len(_harmless) >= MANY:
        _harmless.clear()
    _harmless.add(text)


def _round(text: str) -> str:
    for probe, pattern, replace in RULES:
        if probe in text:
            text = pattern.sub(replace, text)
    return text


def mask_value(value: Any) -> Any:
    """A field's value: texts masked, and what is inside lists and mappings."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {key: MASK if is_secret(str(key)) else mask_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask_value(item) for item in value]
    if isinstance(value, int | float | None):
        return value
    return mask_text(str(value))


def is_secret(name: str) -> bool:
    """Whether a field of this name is never shown."""
    return name.lower().replace("-", "_") in SECRET_KEYS
