"""Prometheus metrics. Labels come from fixed sets: no user, no path, no text."""

from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.responses import Response

from app.generations.receipt import Stopwatch

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)
TOKEN_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2)
# How a stored status is called in `chat_requests_total`.
STATUS = {"done": "done", "cancelled": "cancelled", "refused": "refused"}

requests = Counter("chat_requests_total", "Generations that have ended or were refused", ["model", "status"])
duration = Histogram("chat_request_duration_seconds", "From acceptance to the end", buckets=SECONDS)
ttft = Histogram("chat_ttft_seconds", "From acceptance to the first token", buckets=SECONDS)
inter_token = Histogram("chat_inter_token_seconds", "Between two tokens of one answer", buckets=TOKEN_SECONDS)
queue_wait = Histogram("chat_queue_wait_seconds", "From acceptance to the engine", buckets=SECONDS)
queue_depth = Gauge("chat_queue_depth", "Generations waiting for a place in the engine")
running = Gauge("chat_generations_running", "Generations inside the engine")
tokens = Counter("chat_tokens_total", "Tokens", ["kind"])
aborted = Counter("chat_aborted_total", "Generations that ended before their time", ["reason"])
engine_up = Gauge("chat_engine_up", "1 when the engine can serve")
model_up = Gauge("chat_model_up", "1 when this model, the first or one of CHAT_MODELS, can serve", ["model"])
model_paused = Gauge("chat_model_paused", "1 while an administrator keeps this model's queue closed", ["model"])
engine_restarts = Gauge(
    "chat_engine_restarts_total",
    "Restarts of the engine since the process started: it was lost, or an administrator asked for it",
    ["reason"],
)
loop_lag = Histogram("chat_event_loop_lag_seconds", "How late the event loop runs a timer", buckets=TOKEN_SECONDS)
request_log_dropped = Counter("chat_request_log_dropped_total", "Rows of the request log that were lost")
audit_dropped = Counter("chat_audit_log_dropped_total", "Rows of the audit log that were lost")
rate_limited = Counter("chat_rate_limited_total", "Refusals because of a limit", ["limit"])
backup_made = Gauge(
    "chat_backup_last_success_timestamp_seconds", "When the newest backup of a kind was made, where one is", ["kind"]
)
backup_due = Gauge("chat_backup_due_timestamp_seconds", "When the next backup of a kind is to begin", ["kind"])
backup_failures = Counter("chat_backup_failures_total", "Scheduled backups that failed")
redis_failures = Counter("chat_redis_failures_total", "Times that Redis was asked about limits and did not answer")
slow_clients_closed = Counter(
    "chat_slow_clients_closed_total", "Connections ended because the client took too long", ["doing"]
)
active_users = Gauge("chat_active_users", "Users with a request in the last five minutes")
titles = Counter("chat_titles_total", "Titles that were wanted of a model in the background", ["outcome"])
http_requests = Counter("chat_http_requests_total", "HTTP requests", ["route", "method", "status"])


def observe_generation(
    model: str, status: str, watch: Stopwatch, receipt: dict[str, Any], ending: str | None = None
) -> None:
    """Count one ended generation by its receipt; `ending` is who ended it before its time."""
    requests.labels(model or "none", STATUS.get(status, "error")).inc()
    timing = receipt["timing"]
    duration.observe((timing["total_ms"] or 0) / 1000)
    queue_wait.observe(timing["queue_ms"] / 1000)
    if timing["ttft_ms"] is not None:
        ttft.observe(timing["ttft_ms"] / 1000)
    for gap in watch.gaps:
        inter_token.observe(gap)
    count_tokens(watch)
    if status in ("cancelled", "interrupted"):
        aborted.labels("detached" if ending == "detached" else status).inc()


def count_tokens(watch: Stopwatch) -> None:
    """What one generation, or a title, has used."""
    tokens.labels("prompt").inc(watch.prompt_tokens)
    tokens.labels("completion").inc(watch.completion_tokens)
    tokens.labels("cached").inc(watch.cached_tokens)


def page(registry: CollectorRegistry = REGISTRY) -> Response:
    """Ours and vLLM's, which registers its own in the same registry."""
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
