"""서버에 연결할 수 없을 때 보이는 페이지의 글."""

TEXTS = {
    "unreachable_title": "서버에 연결할 수 없습니다",
    "unreachable_text": "대화는 서버에 안전하게 남아 있습니다. 서버가 응답하면 이 페이지가 저절로 열립니다.",
    "unreachable_retry": "다시 시도",
    "unreachable_trying": "다시 연결하는 중입니다…",
    "unreachable_failed": "아직 응답이 없습니다. 계속 시도하고 있습니다.",
}
