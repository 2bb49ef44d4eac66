"""What the users ask, in both languages of the service."""

QUESTIONS = (
    "이 서비스는 무엇인가요?",
    "대화 기록은 어디에 저장되나요?",
    "API 키는 어떻게 만드나요?",
    "GPU가 없어도 실행할 수 있나요?",
    "답변이 생성되는 동안 창을 닫으면 어떻게 되나요?",
    "사용량 제한은 얼마인가요?",
    "What is this service?",
    "Where are my conversations stored?",
    "How do I make an API key?",
    "Can I run it without a GPU?",
    "What happens when I close the tab during an answer?",
    "Which models can I use?",
)
