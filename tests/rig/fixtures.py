"""Fixtures over the rig. A tool that is missing skips the test; in CI it was installed before."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.rig.chromium import find_chromium
from tests.rig.migrated import TEMPLATE, migrate_postgres
from tests.rig.nginx import find_nginx
from tests.rig.postgres import Postgres, bin_directory, postgres
from tests.rig.redis import redis
from tests.rig.redis_sets import cluster
from tests.rig.server import Server, server

# One user of the suite sends what many people would.
RAISED_LIMITS = {
    "CHAT_LIMITS__REQUESTS": "100000/minute",
    "CHAT_LIMITS__ANONYMOUS": "100000/minute",
    "CHAT_LIMITS__CONCURRENT": "64",
    "CHAT_LIMITS__TOKENS_PER_MINUTE": "1000000000",
    "CHAT_LIMITS__TOKENS_PER_DAY": "1000000000",
}
ADMIN = {"CHAT_ADMIN__EMAIL": "admin@example.com", "CHAT_ADMIN__PASSWORD": "correct horse battery"}
# Words that are looked for where none of them may stand.
SECRETS = {
    "CHAT_AUTH__SECRET": "canary-of-the-signing-secret-0123456789",
    "CHAT_ENGINE__API_KEY": "canary-of-the-api-key",
}


def need(there: object, package: str) -> None:
    """Skip the test without `package`, with the reason; fail it in CI."""
    if there:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"Debian package {package} is missing in CI")
    pytest.skip(f"needs Debian package {package}: make test as root installs it")


@pytest.fixture(scope="session")
def session_postgres() -> Iterator[Postgres]:
    """The cluster that the whole session shares."""
    need(bin_directory(), "postgresql")
    with postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_url(session_postgres: Postgres) -> Callable[[], str]:
    """`postgres_url()` makes a fresh empty database and returns its asyncpg URL."""
    return session_postgres.new_database


@pytest.fixture(scope="session")
def migrated_postgres_url(session_postgres: Postgres) -> Callable[[], str]:
    """As `postgres_url`, with all tables."""
    migrate_postgres(session_postgres.new_database(TEMPLATE))
    return partial(session_postgres.new_database, template=TEMPLATE)


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    """A cluster that tests may stop and freeze; it runs again when a test has ended."""
    need(bin_directory(), "postgresql")
    with postgres(keeps=True) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server that the whole session shares."""
    need(shutil.which("redis-server"), "redis-server")
    with redis() as instance:
        yield instance.url


@pytest.fixture(scope="session")
def redis_cluster_url() -> Iterator[str]:
    """A Redis cluster that the whole session shares."""
    need(shutil.which("redis-server"), "redis-server")
    with cluster() as instance:
        yield instance.url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's binary; start it with `tests.rig.chromium.LAUNCH_ARGS`."""
    path = find_chromium()
    need(path, "chromium")
    return str(path)


@pytest.fixture(scope="session")
def nginx_installed() -> None:
    """For tests that start `tests.rig.nginx.nginx` themselves."""
    need(find_nginx(), "nginx-light")


@pytest.fixture(scope="session")
def live_server() -> Iterator[Server]:
    """One real service with the real vLLM engine and the demo model, ready to answer."""
    settings = {"CHAT_ENGINE__MODEL": "demo", "HF_HUB_OFFLINE": "1", **RAISED_LIMITS, **ADMIN, **SECRETS}
    with server(settings) as instance:
        instance.wait("/readyz", seconds=180)
        yield instance
