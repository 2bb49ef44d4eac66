"""What `CHAT_REDIS__URL` says: one server, the primary that Sentinels name, or a cluster; each also over TLS."""

from dataclasses import dataclass, field
from typing import Any, Literal

from redis.asyncio.connection import Connection, SSLConnection, parse_url
from redis.exceptions import RedisError

Kind = Literal["one", "sentinel", "cluster"]
KINDS: dict[str, Kind] = {"": "one", "sentinel": "sentinel", "cluster": "cluster"}
PORTS: dict[Kind, int] = {"sentinel": 26379, "cluster": 6379}
SENTINEL = "sentinel_"
OF_THE_POOL = ("connection_class", "max_connections", "ssl")
FORMS = (
    "must be redis://host:6379/0, unix:///path, redis+sentinel://host:26379,host:26379/service/0 or "
    "redis+cluster://host:6379,host:6379; rediss instead of redis for TLS"
)


@dataclass(frozen=True)
class Address:
    """Where Redis is. `options` are those of redis-py's connections, `sentinel_options` those to the Sentinels;
    `places` and `service` are empty for one server."""

    kind: Kind
    options: dict[str, Any]
    places: tuple[tuple[str, int], ...] = ()
    service: str = ""
    sentinel_options: dict[str, Any] = field(default_factory=dict)


def parsed(url: str) -> Address:
    """Raises ValueError, in words and without a password, for an address that makes no sense."""
    scheme, _, rest = url.partition("://")
    base, _, name = scheme.partition("+")
    kind = KINDS.get(name)
    if kind is None or not rest or base not in ("redis", "rediss", *(() if name else ("unix",))):
        raise ValueError(FORMS)
    try:
        address = Address(kind, dict(parse_url(url))) if kind == "one" else _several(base, kind, rest)
    except (ValueError, RedisError):
        raise ValueError(FORMS) from None
    if kind == "cluster" and address.options["db"]:
        raise ValueError("a cluster has only database 0")
    _check(address)
    return address


def _several(base: str, kind: Kind, rest: str) -> Address:
    """Several places in one address, which redis-py has no form for. Raises ValueError."""
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    login, _, hosts = authority.rpartition("@")
    service, _, database = path.partition("/") if kind == "sentinel" else ("", "", path)
    if kind == "sentinel" and not service:
        raise ValueError("without a service")
    options: dict[str, Any] = dict(parse_url(f"{base}://{login}@/{int(database or 0)}?{query}"))
    if options.pop("connection_class", None) is SSLConnection:
        options["ssl"] = True
    own = [name for name in options if name.startswith(SENTINEL)]
    return Address(
        kind,
        places=tuple(_place(text, PORTS[kind]) for text in hosts.split(",")),
        service=service,
        sentinel_options={name.removeprefix(SENTINEL): options.pop(name) for name in own},
        options=options,
    )


def _place(text: str, usual: int) -> tuple[str, int]:
    found = parse_url(f"redis://{text}")
    if "host" not in found:
        raise ValueError("without a host")
    return found["host"], found.get("port", usual)


def _check(address: Address) -> None:
    """Options that redis-py does not have are said now, not with the first request. Raises ValueError."""
    options = address.options | address.sentinel_options
    make = options.get("connection_class", SSLConnection if options.get("ssl") else Connection)
    try:
        make(**{name: value for name, value in options.items() if name not in OF_THE_POOL})
    except TypeError as error:
        raise ValueError(str(error).rpartition("got an ")[2]) from None
    except RedisError as error:
        raise ValueError(str(error)) from None
