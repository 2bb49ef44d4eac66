"""Which browser or program signs in, in two proper names: enough to know one's own devices again; no more is kept."""

import re

MAX_CHARS = 60
# The first that fits counts: browsers also name those that they descend from.
_BROWSERS = (
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\b(OPR|Opera)/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Whale", r"\bWhale/"),
    ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chrome", r"\b(Chrome|CriOS|HeadlessChrome)/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("Android", r"\bAndroid\b"),
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Windows", r"\bWindows\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)


def device_of(user_agent: str) -> str:
    """“Firefox · Windows”, or a program's own name; empty when it tells nothing."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser is None:
        program = re.match(r"[\w.+-]{1,40}", user_agent)
        browser = program[0] if program and program[0] != "Mozilla" else None
    return " · ".join(name for name in (browser, system) if name)[:MAX_CHARS]


def _first(named: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for name, pattern in named if re.search(pattern, user_agent)), None)
