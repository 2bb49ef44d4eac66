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
    # Links
    "share": "공유",
    "share_title": "대화 공유",
    "share_text": (
        "링크가 있는 사람은 계정 없이도 지금까지의 메시지를 읽을 수 있습니다. 이후의 메시지는 보이지 않습니다."
    ),
    "share_create": "링크 만들기",
    "share_update": "링크 갱신",
    "share_update_text": "링크에 지금까지의 내용이 보입니다.",
    "share_revoke": "링크 폐기",
    "share_revoke_title": "이 링크를 폐기할까요?",
    "share_revoke_text": "링크가 있는 사람에게 바로 아무것도 보이지 않게 됩니다.",
    "share_link": "링크",
    "share_expiry": "유효 기간",
    "share_never": "폐기할 때까지",
    "share_made": "{day} 공유",
    "share_expires": "{day}까지 유효",
    "share_expired": "만료됨",
    "share_no_expiry": "폐기할 때까지",
    "share_seen_by": "이 링크가 있는 사람은 누구나 이 페이지를 볼 수 있습니다. {date} 당시의 대화입니다.",
    "share_continue": "이 대화 이어가기",
    "share_sign_in": "로그인하고 이어가기",
    "settings_shares": "공유 링크",
    "settings_shares_text": "링크가 있는 사람이 읽을 수 있는 대화입니다.",
    "shares_empty": "공유한 대화가 없습니다.",
    "share_open": "열기",
    "branch_new_chat": "새 대화로 분기",
    "error_nothing_to_share": "아직 공유할 메시지가 없습니다.",
    "error_not_shared": "공유하지 않은 대화입니다.",
    # Temporary chats
    "temporary": "임시 대화",
    "temporary_text": (
        "이 대화는 목록과 검색에 나오지 않습니다. "
        "이 대화를 떠나면 삭제되고, 늦어도 마지막 메시지 하루 뒤에는 삭제됩니다."
    ),
    "error_temporary_chat": "임시 대화는 공유할 수 없습니다.",
}
