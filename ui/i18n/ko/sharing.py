"""Korean: links to share, exports, imports and what comes by itself."""

TEXTS: dict[str, str] = {
    # Out of the page
    "export_json": "JSON으로 내보내기",
    "export_md": "Markdown으로 내보내기",
    "print_or_pdf": "인쇄 또는 PDF",
    "print": "인쇄",
    "nothing_here": "아직 메시지가 없습니다.",
}
