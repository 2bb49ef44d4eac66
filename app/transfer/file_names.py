"""The name of a file that the browser saves, made of a title in any language (RFC 6266, RFC 8187)."""

import re
import unicodedata
from urllib.parse import quote

MAX_CHARS = 80
USUAL = "conversation"
# What Windows, macOS or a shell would read as something else.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*%]+|[\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


def file_name(title: str, suffix: str) -> str:
    """A name that every system takes, with the title as it is written where that is possible."""
    name = " ".join(_UNSAFE.sub(" ", unicodedata.normalize("NFC", title)).split())
    name = name[:MAX_CHARS].strip(" .")
    return f"{USUAL if not name or _RESERVED.match(name) else name}.{suffix}"


def attachment(title: str, suffix: str) -> str:
    """The value of Content-Disposition: the whole name, and for old programs what ASCII has of it."""
    name = file_name(title, suffix)
    plain = file_name(name.removesuffix(f".{suffix}").encode("ascii", "ignore").decode(), suffix)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
