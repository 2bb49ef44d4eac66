"""Korean: links to share, exports, imports and what comes by itself."""

TEXTS: dict[str, str] = {
    # Out of the page
    "export_json": "JSON으로 내보내기",
    "export_md": "Markdown으로 내보내기",
    "print_or_pdf": "인쇄 또는 PDF",
    "print": "인쇄",
    "nothing_here": "아직 메시지가 없습니다.",
    # Imports
    "import_title": "대화 가져오기",
    "import_text": (
        "이 서비스의 JSON 파일이나 ChatGPT에서 내보낸 파일(conversations.json 또는 zip 전체)을 가져옵니다. "
        "최대 64 MB입니다. 같은 파일을 두 번 가져오면 대화도 두 번 들어옵니다."
    ),
    "import_choose": "파일 선택",
    "import_sending": "파일을 보내는 중",
    "import_reading": "대화를 읽는 중",
    "import_none": "가져온 대화가 없습니다.",
    "import_done": "가져온 대화: {count}개",
    "import_skipped": "제외된 대화: {count}개",
    "import_number": "{number}번째 대화",
    "import_more": "그 밖에 {count}개",
    "import_look": "대화로 이동",
    "import_reason_invalid": "형식이 다릅니다",
    "import_reason_invalid_json": "올바른 JSON이 아닙니다",
    "import_reason_not_a_conversation": "대화가 아닙니다",
    "import_reason_no_messages": "메시지가 없습니다",
    "import_reason_too_many_messages": "메시지가 너무 많습니다",
    "import_reason_text_too_long": "너무 긴 글이 있습니다",
    "import_reason_too_large": "너무 큽니다",
    "import_reason_too_deep": "너무 깊이 중첩되어 있습니다",
    "import_reason_unprintable": "저장할 수 없는 문자가 있습니다",
    "import_reason_broken_tree": "메시지가 서로 이어지지 않습니다",
    "import_reason_file_damaged": "여기부터 파일이 손상되었습니다",
    "import_reason_too_many_conversations": "대화가 너무 많아 이 대화부터는 가져오지 못했습니다",
    "import_reason_storage_unavailable": "저장소 연결이 끊겨 이 대화부터는 가져오지 못했습니다",
    "import_reason_storage_full": "저장소가 가득 차 이 대화부터는 가져오지 못했습니다",
    "error_import_unreadable": "이 파일에는 대화가 없거나 파일이 손상되었습니다.",
    "error_import_running": "다른 파일을 가져오는 중입니다.",
    "error_import_too_large": "파일이 64 MB보다 큽니다.",
    "error_import_unsent": "파일을 다 읽기 전에 연결이 끊겼습니다. 다시 시도해 주세요.",
}
