"""English: links to share, exports, imports and what comes by itself."""

TEXTS: dict[str, str] = {
    # Out of the page
    "export_json": "Export as JSON",
    "export_md": "Export as Markdown",
    "print_or_pdf": "Print or PDF",
    "print": "Print",
    "nothing_here": "There are no messages yet.",
}
