"""A service that is killed and started again at the same place, and a client that comes back to it."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from loadtest.sse import Parser
from tests.e2e.api import text_of
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.server import Server, server

Event = dict[str, Any]
AWAY_SECONDS = 150


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    """Poll."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def engine_cores(pid: int) -> list[psutil.Process]:
    """EngineCore processes of this server; they are found by name, being in sessions of their own."""
    return [child for child in psutil.Process(pid).children(recursive=True) if "EngineCore" in _title(child)]


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def gone(process: psutil.Process) -> bool:
    """It has ended, whether or not anybody has noticed."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


class Service:
    """One address and one data directory over any number of processes."""

    def __init__(self, data_dir: Path, settings: dict[str, str]) -> None:
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        self.data_dir = data_dir
        self._settings = {**settings, "CHAT_PORT": str(port)}
        self._stack = ExitStack()
        self.process: Server | None = None

    @property
    def pid(self) -> int:
        """Of the web process."""
        assert self.process is not None
        return self.process.process.popen.pid

    def start(self) -> None:
        """Until it takes requests; the engine is still loading then."""
        self.process = self._stack.enter_context(server(self._settings, self.data_dir))
        self.process.url = self.url
        self.process.wait("/healthz", seconds=60)

    def signal_engine(self, number: signal.Signals) -> None:
        """To EngineCore, which must be there."""
        (core,) = engine_cores(self.pid)
        core.send_signal(number)

    def kill(self) -> None:
        """`kill -9`; no EngineCore stays."""
        cores = engine_cores(self.pid)
        os.kill(self.pid, signal.SIGKILL)
        self.stop()
        wait_for(lambda: all(gone(core) for core in cores), 10)

    def kill_and_start(self) -> None:
        """`kill -9`, then the next process at the same place."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End the process, if it still runs."""
        self._stack.close()


@contextmanager
def service(data_dir: Path, settings: dict[str, str]) -> Iterator[Service]:
    """A ready one."""
    instance = Service(data_dir, settings)
    try:
        instance.start()
        assert instance.process is not None
        instance.process.wait("/readyz")
        yield instance
    finally:
        instance.stop()


def ask(client: httpx.Client, content: str, **params: Any) -> Event:
    """Send a message and hang up: the first event."""
    body = {"content": content, "params": params}
    with client.stream("POST", "/api/chat", json=body, headers={"Accept": "text/event-stream"}) as response:
        assert response.status_code == 200, response.read().decode()
        return next(_events(response))


def follow(client: httpx.Client, generation_id: str, after: int = 0) -> Iterator[Event]:
    """The events behind `after`, until the server closes the stream."""
    headers = {"Last-Event-ID": str(after)}
    with client.stream("GET", f"/api/generations/{generation_id}/events", headers=headers) as response:
        assert response.status_code == 200, response.read().decode()
        yield from _events(response)


def _events(response: httpx.Response) -> Iterator[Event]:
    parser = Parser()
    for chunk in response.iter_bytes():
        for event in parser.feed(chunk):
            yield {"id": int(event.id), "event": event.event, "data": json.loads(event.data)}


def follow_through(
    client: httpx.Client, generation_id: str, at: dict[int, Callable[[], None]] | None = None
) -> list[Event]:
    """All events up to the end, coming back as often as needed; when the text has so many characters something happens.

    Characters, not deltas: a busy machine puts several tokens into one.
    """
    waiting, events, length = sorted((at or {}).items()), list[Event](), 0
    deadline = time.monotonic() + AWAY_SECONDS
    while time.monotonic() < deadline:
        try:
            for event in follow(client, generation_id, len(events)):
                events.append(event)
                length += len(event["data"]["text"]) if event["event"] == "delta" else 0
                if waiting and length >= waiting[0][0]:
                    waiting.pop(0)[1]()
        except httpx.TransportError:
            time.sleep(0.05)
        if events and events[-1]["event"] in ("done", "error"):
            assert not waiting, f"the answer was too short: {length} characters, still to come: {waiting}"
            return events
    raise AssertionError(f"no end after {len(events)} events: {events[-3:]}")


def assert_whole(client: httpx.Client, events: list[Event], resumed: list[str]) -> None:
    """Dense, one end, not contradicted by a second look, equal to what is stored; `resumed` for these reasons."""
    first = events[0]["data"]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["event"] for event in events if event["event"] in ("done", "error")] == ["done"]
    assert events[-1]["event"] == "done"
    assert [event["data"]["reason"] for event in events if event["event"] == "resuming"] == resumed
    assert list(follow(client, first["generation_id"])) == events
    items = client.get(f"/api/conversations/{first['conversation_id']}/messages").json()["items"]
    message = next(item for item in items if item["id"] == first["message_id"])
    assert (message["status"], message["content"]) == ("done", text_of(events))
    assert message["receipt"]["usage"] == events[-1]["data"]["usage"]
