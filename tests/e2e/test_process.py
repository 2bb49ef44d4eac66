"""The server as a process: start, signals, kill, a taken port, wrong settings."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.e2e.api import chatting, sign_in, text_of
from tests.e2e.resuming import Event, Service, engine_cores, follow, gone, service, wait_for
from tests.rig.ports import LOOPBACK, answers
from tests.rig.server import SCRIPTED, environment, server

DEMO = {"CHAT_ENGINE__MODEL": "demo"}
FLOAT32 = DEMO | {"CHAT_ENGINE__DTYPE": "float32"}
LONG = {"max_tokens": 7000, "ignore_eos": True}


def stored_answer(data_dir: Path) -> tuple[str, str]:
    with sqlite3.connect(data_dir / "vllm-chat.db") as connection:
        query = "SELECT status, content FROM messages WHERE role = 'assistant'"
        status, content = connection.execute(query).fetchone()
    connection.close()
    return status, content


@pytest.mark.vllm
@pytest.mark.timeout(300)
def test_a_signal_ends_cleanly_and_the_next_start_goes_on(tmp_path: Path) -> None:
    with service(tmp_path / "data", FLOAT32) as running, sign_in(running.url) as client:
        (core,) = engine_cores(running.pid)
        assert os.getsid(core.pid) != os.getsid(running.pid)
        with chatting(client, "길게 설명해 주세요", **LONG) as stream:
            events = [next(stream) for _ in range(20)]
            # As a terminal does: to the whole foreground group.
            os.killpg(running.pid, signal.SIGINT)
            events += list(stream)
        assert running.process is not None
        started = time.monotonic()
        assert running.process.process.popen.wait(15) == 0
        assert time.monotonic() - started < 15
        assert events[-1]["event"] == "delta"
        assert stored_answer(running.data_dir) == ("interrupted", text_of(events))
        assert "Traceback" not in running.process.log()
        assert gone(core)
        running.stop()
        running.start()
        goes_on(running, client, events)


def goes_on(running: Service, client: httpx.Client, seen: list[Event]) -> None:
    """The same generation, the next seq, until it is stopped here."""
    generation_id = seen[0]["data"]["generation_id"]
    assert stored_answer(running.data_dir)[0] == "running"
    later: list[Event] = []
    for event in follow(client, generation_id, after=len(seen)):
        later.append(event)
        if len(later) == 20:
            assert client.delete(f"/api/generations/{generation_id}").status_code == 204
    resuming = [event for event in later if event["event"] == "resuming"]
    assert [event["data"]["reason"] for event in resuming] == ["server"]
    events = seen + later
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert (events[-1]["event"], events[-1]["data"]["finish_reason"]) == ("done", "cancelled")
    assert sum(event["event"] == "delta" for event in later) > 5
    assert stored_answer(running.data_dir) == ("cancelled", text_of(events))


def test_a_stopping_server_takes_no_connection_while_its_streams_go_on() -> None:
    """Nor keeps one open between two requests: a proxy asks the next server instead."""
    with server({"SCRIPTED_DELAY": "0.05"}, module=SCRIPTED) as running:
        running.wait()
        port = httpx.URL(running.url).port
        assert port is not None
        with sign_in(running.url) as client, socket.create_connection((LOOPBACK, port)) as idle:
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while b'"ok"' not in idle.recv(4096):
                continue
            with chatting(client, "Go on for ever", **LONG) as stream:
                next(stream)
                running.process.popen.send_signal(signal.SIGTERM)
                wait_for(lambda: not answers(port), 10)
                assert idle.recv(1) == b""
                assert [next(stream)["event"] for _ in range(20)][-1] == "delta"
                assert running.process.popen.poll() is None
                assert list(stream)[-1]["event"] == "delta"
        running.process.popen.wait(20)


@pytest.mark.vllm
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_model_loads_ends_quickly(tmp_path: Path, number: signal.Signals) -> None:
    with server(DEMO, tmp_path / "data") as running:
        running.wait("/healthz", seconds=30)
        wait_for(lambda: bool(engine_cores(running.process.popen.pid)), 60)
        core = engine_cores(running.process.popen.pid)[0]
        running.process.popen.send_signal(number)
        assert running.process.popen.wait(15) == 0
        assert not core.is_running()
        assert "Traceback" not in running.log()


@pytest.mark.vllm
@pytest.mark.timeout(300)
def test_kill_9_leaves_no_engine_behind_and_the_next_start_goes_on(tmp_path: Path) -> None:
    with service(tmp_path / "data", FLOAT32) as running, sign_in(running.url) as client:
        with chatting(client, "길게 설명해 주세요", **LONG) as stream:
            events = []
            for event in stream:
                events.append(event)
                if event["event"] == "delta" and stored_answer(running.data_dir)[1]:
                    break
            running.kill()
        assert stored_answer(running.data_dir)[0] == "running"
        running.start()
        goes_on(running, client, events)


@pytest.mark.vllm
def test_tensor_parallel_2_runs_on_two_cores_with_the_original_settings() -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two cores")
    original = {
        "CHAT_ENGINE__TENSOR_PARALLEL_SIZE": "2",
        "CHAT_ENGINE__PIPELINE_PARALLEL_SIZE": "1",
        "CHAT_ENGINE__GPU_MEMORY_UTILIZATION": "0.55",
        "CHAT_ENGINE__MAX_MODEL_LEN": "8192",
        "CHAT_ENGINE__DTYPE": "float16",
        "CHAT_ENGINE__MAX_NUM_SEQS": "128",
        "CHAT_ENGINE__BLOCK_SIZE": "16",
    }
    with server(DEMO | original) as running:
        running.wait("/readyz")
        with sign_in(running.url) as client, chatting(client, "안녕하세요", max_tokens=8) as stream:
            assert list(stream)[-1]["event"] == "done"
        for setting in ("block-size 16 -> 32", "gpu-memory-utilization", "float16"):
            assert setting in running.log()


def run(settings: Mapping[str, str], *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(
        command, env=environment(settings), cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run({"CHAT_PORT": str(port)}, "serve", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0
    assert str(port) in result.stderr
    assert "taken" in result.stderr


def test_wrong_settings_are_said_in_words(tmp_path: Path) -> None:
    result = run({"CHAT_NO_SUCH": "1", "CHAT_ENGINE__DTYPE": "int8"}, "serve", cwd=tmp_path)
    assert result.returncode == 1
    assert "CHAT_NO_SUCH: no such setting" in result.stderr
    assert "CHAT_ENGINE__DTYPE" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unreachable_database_is_said_without_its_password(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://kim:hunter2@127.0.0.1:1/chat"
    result = run({"CHAT_DATABASE__URL": url}, "serve", cwd=tmp_path)
    assert result.returncode == 1
    assert "database does not answer" in result.stderr
    assert "hunter2" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_accounts_from_the_command_line(tmp_path: Path) -> None:
    settings = {"CHAT_DATA_DIR": str(tmp_path / "data")}
    account = ("--email", "Root@Example.com", "--password", "correct horse battery")
    assert run(settings, "create-admin", *account, cwd=tmp_path).returncode == 0
    again = run(settings, "create-admin", *account, cwd=tmp_path)
    assert (again.returncode, again.stderr.strip()) == (1, "This e-mail address is already registered.")
    assert run(settings, "reset-password", *account, cwd=tmp_path).returncode == 0
    unknown = run(settings, "reset-password", "--email", "x@y.kr", *account[2:], cwd=tmp_path)
    assert unknown.returncode == 1
    assert "no account" in unknown.stderr


def test_the_doctor_names_what_is_wrong(tmp_path: Path) -> None:
    settings = {
        "CHAT_DATA_DIR": str(tmp_path / "data"),
        "CHAT_REDIS__URL": "redis://127.0.0.1:1",
        "CHAT_ENGINE__MODEL": "/no/such/model",
        "CHAT_PORT": "1",
    }
    result = run(settings, "doctor", cwd=tmp_path)
    assert result.returncode == 2, result.stdout + result.stderr
    assert "FAIL  redis" in result.stdout
    assert "FAIL  model: CHAT_ENGINE__MODEL: there is no directory" in result.stdout
    assert "ok    database" in result.stdout


def test_a_wrong_model_is_told_by_readyz_and_the_page_stays(tmp_path: Path) -> None:
    with server({"CHAT_ENGINE__MODEL": str(tmp_path)}) as running:
        running.wait("/login", seconds=30)

        def failed() -> bool:
            return bool(httpx.get(running.url + "/readyz", trust_env=False).json()["stage"] == "failed")

        wait_for(failed, 60)
        body = httpx.get(running.url + "/readyz", trust_env=False).json()
        assert "config.json" in body["detail"]
        with sign_in(running.url) as client, chatting(client, "안녕") as stream:
            last = list(stream)[-1]
        assert (last["event"], last["data"]["code"]) == ("error", "engine_lost")
