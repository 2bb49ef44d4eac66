"""English: links to share, exports, imports and what comes by itself."""

TEXTS: dict[str, str] = {}
