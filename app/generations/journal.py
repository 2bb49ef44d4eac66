"""What is being generated, on disk, so that it survives `kill -9` of the process.

Append-only segments of JSON lines in the data directory. All records of one turn of the event loop - one engine
step of all generations - go out in one write(2), without fsync: the kernel keeps what a killed process has
written. Only then do followers see the events. A segment is deleted when no running generation needs it; ended
generations are in the database.
"""

import asyncio
import contextlib
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import structlog

log = structlog.get_logger(__name__)

SEGMENT_BYTES = 8 * 1024 * 1024

Record = dict[str, Any]


class Journal:
    """`read` what an earlier process left, then `open`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._first: dict[UUID, int] = {}
        self._numbers: dict[UUID, int] = {}
        self._records: list[bytes] = []
        self._written: list[Callable[[], None]] = []
        self._index = 0
        self._size = 0
        self._file: int | None = None
        self._failing = False

    def read(self) -> dict[UUID, list[Record]]:
        """The records of each generation that had not ended, in order, up to the first one that is missing."""
        found: dict[UUID, list[Record]] = defaultdict(list)
        for index in self._segments():
            for line in self._path(index).read_bytes().split(b"\n"):
                with contextlib.suppress(orjson.JSONDecodeError, KeyError, ValueError, TypeError):
                    record = orjson.loads(line)  # the last line of a killed process may be torn
                    generation_id = UUID(record["g"])
                    if record.get("end"):
                        found.pop(generation_id, None)
                    elif record["n"] == len(found[generation_id]):
                        found[generation_id].append(record)
                        self._first.setdefault(generation_id, index)
        return {generation_id: records for generation_id, records in found.items() if records}

    def last_write(self) -> float:
        """When the earlier process was last alive, in seconds since the epoch; 0 when there was none."""
        return max((self._path(index).stat().st_mtime for index in self._segments()), default=0.0)

    def open(self) -> None:
        """Begin a new segment; those of an earlier process stay until their generations have ended."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._index = max(self._segments(), default=0)
        self._rotate()

    def adopt(self, generation_id: UUID, records: int) -> None:
        """A generation of the earlier process goes on behind so many records."""
        self._first.setdefault(generation_id, self._index)
        self._numbers[generation_id] = records

    def append(self, generation_id: UUID, record: Record, written: Callable[[], None] = lambda: None) -> None:
        """Write with the others of this turn of the event loop, then call `written`."""
        self._first.setdefault(generation_id, self._index)
        number = self._numbers.get(generation_id, 0)
        self._numbers[generation_id] = number + 1
        line = orjson.dumps({"g": str(generation_id), "n": number} | record, option=orjson.OPT_APPEND_NEWLINE)
        if not self._records:
            asyncio.get_running_loop().call_soon(self.flush)
        self._records.append(line)
        self._written.append(written)

    def flush(self) -> None:
        """Write now what waits. A full disk costs the promise, not the answer: followers go on."""
        if not self._records:
            return
        data, written = b"".join(self._records), self._written
        self._records, self._written = [], []
        self._write(data)
        for call in written:
            call()
        if self._size > SEGMENT_BYTES:
            self._rotate()

    def end(self, generation_id: UUID) -> None:
        """It is in the database now; segments that nobody needs go."""
        self.flush()
        self._write(orjson.dumps({"g": str(generation_id), "end": True}) + b"\n")
        self._numbers.pop(generation_id, None)
        self._first.pop(generation_id, None)
        if not self._first and self._file is not None:
            os.ftruncate(self._file, 0)
            self._size = 0
        self._delete_unneeded()

    @property
    def idle(self) -> bool:
        """True when nothing that is in it may have to go on."""
        return not self._first

    def heartbeat(self) -> None:
        """Tell the next process that this one was alive now."""
        if self._file is not None:
            os.utime(self._file)

    def close(self) -> None:
        """Write what waits and close the file."""
        self.flush()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        try:
            # After a failure the file may end in half a line.
            whole = b"\n" + data if self._failing else data
            failed = os.write(self._file, whole) != len(whole)
        except OSError as error:
            failed = True
            if not self._failing:
                log.error("journal cannot be written, answers will not survive a crash", reason=error.strerror)
        if self._failing and not failed:
            log.info("journal is written again")
        self._failing = failed
        self._size += len(data)

    def _segments(self) -> list[int]:
        return sorted(int(path.stem) for path in self._directory.glob("*.jsonl") if path.stem.isdigit())

    def _path(self, index: int) -> Path:
        return self._directory / f"{index:08d}.jsonl"

    def _rotate(self) -> None:
        path = self._path(self._index + 1)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            if self._file is None:
                raise
            log.error("journal cannot begin a new file", reason=error.strerror)
            return
        if self._file is not None:
            os.close(self._file)
        self._file, self._size = file, 0
        self._index += 1
        self._delete_unneeded()

    def _delete_unneeded(self) -> None:
        oldest = min(self._first.values(), default=self._index)
        for index in self._segments():
            if index < min(oldest, self._index):
                self._path(index).unlink(missing_ok=True)
