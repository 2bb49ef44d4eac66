"""Korean: the composer and what stands at an answer."""

TEXTS: dict[str, str] = {
    # What the reader thinks of an answer
    "good_answer": "좋은 답변",
    "bad_answer": "아쉬운 답변",
    "tell_us_more": "더 알려 주세요",
    "tell_us_up": "어떤 점이 좋았나요?",
    "tell_us_down": "무엇이 틀렸거나 빠졌나요?",
    "save_comment": "의견 저장",
    # The message field
    "more": "추가",
    "attach": "텍스트 파일 첨부",
    "ctrl_enter": "Ctrl+Enter로 보내기",
    "drop_here": "여기에 텍스트 파일을 놓으세요",
    "attachments": "첨부",
    "expand": "본문에 펼치기",
    "remove": "빼기",
    "pasted": "붙여 넣은 글",
    "too_many": "첨부는 메시지마다 {name}개까지 됩니다.",
    "too_large": "‘{name}’ 파일이 너무 큽니다. 1MB까지 첨부할 수 있습니다.",
    "binary": "‘{name}’ 파일은 텍스트가 아닙니다. 텍스트만 첨부할 수 있습니다.",
    "queue": "기다리는 메시지",
    "queue_add": "다음 차례로 보내기",
    "queue_edit": "기다리는 메시지 고치기",
    "queue_remove": "기다리는 메시지 빼기",
    "queue_go": "지금 묻기",
    "file_lines": "{lines}줄",
    "file_line": "1줄",
    "copy_question": "질문 복사",
}
