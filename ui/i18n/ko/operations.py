"""한국어: 관리자가 실행 중인 서비스에 하는 일."""

TEXTS: dict[str, str] = {
    "state_paused": "관리자가 모델을 일시 중지했습니다 · 대기 순서 {place}번째. 다시 시작되면 답변합니다",
    "queue_paused": "일시 중지됨 · 실행 중 {running}개, 대기 {waiting}개",
    "queue_draining": "비우는 중 · 실행 중 {running}개, 대기 {waiting}개",
    "queue_drained": "비워짐: 실행 중인 답변 없음 · 대기 {waiting}개",
    "queue_restarting": "다시 시작 · 실행 중 {running}개, 대기 {waiting}개",
    "engine_pause": "일시 중지",
    "engine_pause_title": "이 모델을 일시 중지할까요?",
    "engine_pause_text": "새 질문은 재개할 때까지 대기열에서 기다립니다. 쓰고 있는 답변은 계속됩니다.",
    "engine_drain": "비우기",
    "engine_drain_title": "이 모델을 비울까요?",
    "engine_drain_text": "새 질문은 재개할 때까지 대기열에서 기다립니다. 모두 끝나면 여기에 표시됩니다.",
    "engine_restart": "다시 시작",
    "engine_restart_title": "이 엔진을 다시 시작할까요?",
    "engine_restart_text": "실행 중인 답변을 최대 5분까지 기다리며, 더 오래 걸리는 답변은 다시 시작한 뒤 이어집니다. "
    "그동안 새 질문은 대기열에서 기다립니다.",
    "engine_resume": "재개",
    "error_engine_elsewhere": "이 엔진은 다른 서버에서 실행됩니다. 그 서버에서 다시 시작해 주세요.",
    "error_engine_starting": "엔진이 이미 시작되고 있습니다.",
}
