"""Korean: the composer and what stands at an answer."""

TEXTS: dict[str, str] = {
    # What the reader thinks of an answer
    "good_answer": "좋은 답변",
    "bad_answer": "아쉬운 답변",
    "tell_us_more": "더 알려 주세요",
    "tell_us_up": "어떤 점이 좋았나요?",
    "tell_us_down": "무엇이 틀렸거나 빠졌나요?",
    "save_comment": "의견 저장",
}
