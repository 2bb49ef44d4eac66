"""Measured blocks inside a Markdown file; the words around them are written by people and stay."""

import re
from pathlib import Path


def put(path: Path, name: str, block: str) -> None:
    """Replace what stands between the markers of `name`, or add a section with them at the end."""
    text = path.read_text() if path.exists() else f"# {path.stem.capitalize()}\n"
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    written = f"{begin}\n{block}\n{end}"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if pattern.search(text):
        text = pattern.sub(lambda _: written, text)
    else:
        text = f"{text.rstrip()}\n\n## {name}\n\n{written}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
