"""How this service connects to Redis, wherever `CHAT_REDIS__URL` says that it is."""

from typing import Any, cast

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ClusterDownError

from app.redis_address import Address, parsed


class _Primary(Redis):
    """The primary of a service, and with it the connections to the Sentinels that know it."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close both."""
        await super().aclose(close_connection_pool)
        for sentinel in cast(SentinelConnectionPool, self.connection_pool).sentinel_manager.sentinels:
            await sentinel.aclose()


class _Cluster(RedisCluster):
    """The nodes of a cluster. redis-py closes none of them while it wants to learn them anew, though commands that
    began before may have opened connections meanwhile."""

    async def aclose(self) -> None:
        """Close all."""
        await super().aclose()
        for known in ("nodes_cache", "startup_nodes"):
            await self.nodes_manager.aclose(known)


def connect(url: str, connect_seconds: float, answer_seconds: float, retries: int = 1) -> Redis:
    """A client that gives up soon. `retries`: once is for a connection that has died in the pool. Raises ValueError."""
    address = parsed(url)
    patience: dict[str, Any] = {
        "protocol": 2,
        "socket_connect_timeout": connect_seconds,
        "socket_timeout": answer_seconds,
        "retry": Retry(NoBackoff(), retries),
    }
    if address.kind == "sentinel":
        return _behind_sentinels(address, patience)
    if address.kind == "cluster":
        # Without a second try a client would never ask anew which node has which keys.
        again = {"retry": Retry(NoBackoff(), max(1, retries))}
        nodes = [ClusterNode(host, port) for host, port in address.places]
        # Of the same commands.
        return cast(Redis, _Cluster(startup_nodes=nodes, **address.options | patience | again))
    return Redis.from_url(url, **patience)


async def check(redis: Redis | RedisCluster) -> None:
    """Raises RedisError or OSError unless all of it can be used: in a cluster, every key."""
    if not isinstance(redis, RedisCluster):
        await redis.ping()
        return
    await redis.initialize()
    for node in redis.get_primaries():
        if (await redis.cluster_info(target_nodes=node))["cluster_state"] != "ok":
            raise ClusterDownError("the cluster is down")


def _behind_sentinels(address: Address, patience: dict[str, Any]) -> Redis:
    tls = {key: value for key, value in address.options.items() if key.startswith("ssl")}
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        list(address.places), sentinel_kwargs=tls | patience | address.sentinel_options, **address.options | patience
    )
    primary: Redis = sentinels.master_for(address.service, redis_class=_Primary)
    return primary
