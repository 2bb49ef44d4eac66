"""Active and standby: two processes of which the second is started at the address of the first when that is killed."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.e2e.api import chatting, sign_in, text_of
from tests.e2e.resuming import Event, assert_whole, follow_through
from tests.rig.fixtures import RAISED_LIMITS, SECRETS
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.server import SCRIPTED, server
from tests.scripted_server import REPLY

FAILOVER = Callable[[Path], tuple[httpx.Client, list[Event]]]


@pytest.fixture
def failover(postgres_url: Callable[[], str], redis_url: str, tmp_path: Path) -> Iterator[FAILOVER]:
    """`failover(data_dir)`: what a client has seen of an answer, and the client of the standby with that directory."""
    port = str(free_port())
    settings = {**RAISED_LIMITS, **SECRETS, "CHAT_PORT": port, "CHAT_DATABASE__URL": postgres_url()}
    settings |= {"CHAT_REDIS__URL": redis_url, "SCRIPTED_DELAY": "0.1"}
    stack = ExitStack()

    def start(data_dir: Path) -> tuple[httpx.Client, list[Event]]:
        with server(settings, tmp_path / "active", SCRIPTED) as active:
            active.url = f"http://{LOOPBACK}:{port}"
            active.wait()
            client = stack.enter_context(sign_in(active.url))
            with chatting(client, "Who answers?") as stream:
                seen = [next(stream) for _ in range(20)]
            active.process.kill_group()
        if data_dir != tmp_path / "active":
            (data_dir / "instances/0").mkdir(parents=True)
            shutil.copy(tmp_path / "active/instances/0/id", data_dir / "instances/0/id")
        standby = stack.enter_context(server(settings, data_dir, SCRIPTED))
        standby.url = f"http://{LOOPBACK}:{port}"
        standby.wait()
        return client, seen

    with stack:
        yield start


def test_the_standby_with_the_same_data_directory_goes_on(failover: FAILOVER, tmp_path: Path) -> None:
    client, seen = failover(tmp_path / "active")
    events = follow_through(client, seen[0]["data"]["generation_id"])
    assert_whole(client, events, resumed=["server"])
    assert events[: len(seen)] == seen
    assert text_of(events) == REPLY


def test_a_standby_with_the_database_alone_keeps_the_part(failover: FAILOVER, tmp_path: Path) -> None:
    """The text so far is in the database, at most a second or so old."""
    client, seen = failover(tmp_path / "standby")
    messages = f"/api/conversations/{seen[0]['data']['conversation_id']}/messages"
    [_, answer] = client.get(messages).json()["items"]
    assert answer["status"] == "interrupted"
    assert answer["content"]
    assert REPLY.startswith(answer["content"])
