"""English: lists of conversations, folders and search."""

TEXTS: dict[str, str] = {}
