"""The zip that ChatGPT sends: of all that is in it only the conversations are unpacked, and no more than a bound."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from app.transfer.elements import Damaged, NoList, Readable

MAGIC = b"PK\x03\x04"
MAX_UNPACKED = 256 * 1024 * 1024
MAX_DIRECTORY = 2 * 1024 * 1024
_NAME = re.compile(r"(?:^|/)conversations(?:-\d+)?\.json$")
_END = b"PK\x05\x06"
_END_BYTES, _MAX_COMMENT, _ZIP64_LOCATOR_BYTES = 22, 65535, 20
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def parts(file: IO[bytes]) -> Iterator[Readable]:
    """The JSON files to read: what was sent, or what is packed in it. Raises NoList, Damaged."""
    file.seek(0)
    packed = file.read(len(MAGIC)) == MAGIC
    file.seek(0)
    if not packed:
        yield file
        return
    _check_directory(file)
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(file) as archive:
            names = sorted(name for name in archive.namelist() if _NAME.search(name))
            if not names:
                raise NoList
            for name in names:
                with archive.open(name) as member:
                    bounded = _Bounded(member, left)
                    yield bounded
                    left = bounded.left
    except _FAULTS as error:
        raise Damaged from error


def _check_directory(file: IO[bytes]) -> None:
    """`zipfile` reads the whole list of entries: hundreds of bytes of memory for each of what may be a million."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_BYTES - _MAX_COMMENT - _ZIP64_LOCATOR_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise Damaged
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    if directory > MAX_DIRECTORY or b"PK\x06\x07" in tail:
        raise NoList
    file.seek(0)


class _Bounded:
    """Reads no more than `left` bytes, whatever the archive says about itself."""

    def __init__(self, file: Readable, left: int) -> None:
        self._file = file
        self.left = left

    def read(self, size: int = -1, /) -> bytes:
        """Raises Damaged when there would be more."""
        try:
            data = self._file.read(size)
        except _FAULTS as error:
            raise Damaged from error
        self.left -= len(data)
        if self.left < 0:
            raise Damaged
        return data
