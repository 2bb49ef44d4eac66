"""How this service connects to Redis."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def connect(url: str, connect_seconds: float, answer_seconds: float, retries: int = 1) -> Redis:
    """A client that gives up soon. `retries`: once is for a connection that has died in the pool."""
    return Redis.from_url(
        url,
        protocol=2,
        socket_connect_timeout=connect_seconds,
        socket_timeout=answer_seconds,
        retry=Retry(NoBackoff(), retries),
    )
