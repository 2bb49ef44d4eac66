"""What a killed process leaves behind is read again; what cannot be written is said and survived."""

import asyncio
import errno
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.generations import journal as module
from app.generations.journal import Journal, Record
from app.generations.recovery import replay
from app.instance import claim, left_behind

ONE, TWO = UUID(int=1), UUID(int=2)


def files(directory: Path) -> list[Path]:
    return sorted(directory.iterdir())


def opened(directory: Path) -> Journal:
    journal = Journal(directory)
    journal.read()
    journal.open()
    return journal


async def test_one_write_for_all_generations_of_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(tmp_path)
    writes: list[bytes] = []

    def write(_file: int, data: bytes) -> int:
        writes.append(data)
        return len(data)

    monkeypatch.setattr(os, "write", write)
    seen: list[int] = []
    journal.append(ONE, {"a": 1}, lambda: seen.append(len(writes)))
    journal.append(TWO, {"a": 2}, lambda: seen.append(len(writes)))
    assert writes == []
    await asyncio.sleep(0)
    assert len(writes) == 1
    assert writes[0].count(b"\n") == 2
    assert seen == [1, 1], "followers are told after the write"
    monkeypatch.undo()
    journal.close()


async def test_a_torn_line_and_what_follows_a_gap_are_left_out(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    for number in range(4):
        journal.append(ONE, {"a": number})
        journal.append(TWO, {"a": number})
    journal.close()
    path = files(tmp_path)[0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], *lines[3:-1], lines[-1][:-5]]))
    left = Journal(tmp_path).read()
    assert [record["a"] for record in left[ONE]] == [0]
    assert [record["a"] for record in left[TWO]] == [0, 1, 2]


async def test_ended_generations_are_gone_and_the_file_is_empty(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append(ONE, {})
    journal.append(TWO, {})
    journal.end(ONE)
    assert set(Journal(tmp_path).read()) == {TWO}
    journal.end(TWO)
    assert [path.stat().st_size for path in files(tmp_path)] == [0]
    journal.close()


async def test_segments_go_when_nobody_needs_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 200)
    journal = opened(tmp_path)
    journal.append(ONE, {"text": "long-lived"})
    for number in range(20):
        other = uuid4()
        journal.append(other, {"text": "x" * 300, "number": number})
        journal.flush()
        journal.end(other)
    assert len(files(tmp_path)) > 10
    journal.append(ONE, {"text": "still here"})
    journal.flush()
    assert [record["text"] for record in Journal(tmp_path).read()[ONE]] == ["long-lived", "still here"]
    journal.end(ONE)
    assert len(files(tmp_path)) == 1
    journal.close()


async def test_a_next_process_appends_behind_the_last_one(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.append(ONE, {"a": 0})
    first.close()
    second = Journal(tmp_path)
    records = second.read()
    second.open()
    second.adopt(ONE, len(records[ONE]))
    second.append(ONE, {"a": 1})
    second.close()
    third = Journal(tmp_path)
    assert [record["a"] for record in third.read()[ONE]] == [0, 1]
    third.open()
    third.adopt(ONE, 2)
    third.end(ONE)
    assert Journal(tmp_path).read() == {}
    third.close()


async def test_a_full_disk_stops_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(tmp_path)
    journal.append(ONE, {"a": 0})
    journal.flush()
    real = os.write

    def full(file: int, data: bytes) -> int:
        real(file, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    told: list[int] = []
    monkeypatch.setattr(os, "write", full)
    journal.append(ONE, {"a": 1}, lambda: told.append(1))
    journal.flush()
    monkeypatch.setattr(os, "write", real)
    journal.append(TWO, {"a": 0}, lambda: told.append(2))
    journal.close()
    assert told == [1, 2]
    left = Journal(tmp_path).read()
    assert [record["a"] for record in left[ONE]] == [0]
    assert [record["a"] for record in left[TWO]] == [0]


def test_replay_puts_text_and_tokens_together() -> None:
    start: Record = {"start": {"ids": [1], "carried": "", "user": "", "conversation": "", "message": "", "accepted": 0}}
    steps: list[Record] = [
        {"events": [["queued", {}]], "ids": []},
        {"events": [["delta", {"text": "하"}]], "ids": [2, 3]},
        {"events": [["delta", {"text": "나"}]], "ids": [4, 5]},
        {"events": [], "ids": [6], "finish": "stop"},
    ]
    lost = replay([start, *steps])
    assert lost.token_ids == [1, 2, 3, 4, 5, 6]
    assert (lost.log.text(), lost.finish) == ("하나", "stop")
    assert [event.seq for event in lost.log.events] == [1, 2, 3]


def test_each_living_process_has_a_directory_of_its_own(tmp_path: Path) -> None:
    first, second = claim(tmp_path), claim(tmp_path)
    assert first.directory != second.directory
    assert first.id != second.id
    first.release()
    successor = claim(tmp_path)
    assert (successor.id, successor.directory) == (first.id, first.directory)
    successor.release()
    second.release()


def test_a_killed_process_is_found_though_its_journal_is_empty(tmp_path: Path) -> None:
    """It may have stored a question an instant before."""
    killed, stopped = claim(tmp_path), claim(tmp_path)
    assert left_behind(tmp_path) == []
    os.close(killed.lock)
    stopped.release()
    found = left_behind(tmp_path)
    assert [instance.id for instance in found] == [killed.id]
    found[0].release(settled=False)
    again = left_behind(tmp_path)
    assert [instance.id for instance in again] == [killed.id]
    again[0].release()
    assert left_behind(tmp_path) == []
