"""A file system that can really be full."""

import contextlib
import errno
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK = 64 * 1024


@dataclass
class SmallDisk:
    """`path` is its root."""

    path: Path

    def fill(self) -> None:
        """Leave no byte."""
        with open(self.path / "filling", "ab", buffering=0) as file:
            size = CHUNK
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2

    def free(self) -> None:
        """Give the room back."""
        (self.path / "filling").unlink()


@contextlib.contextmanager
def small_disk(megabytes: int = 4) -> Iterator[SmallDisk | None]:
    """A tmpfs of this size; None where we may not mount one."""
    with tempfile.TemporaryDirectory(prefix="chat-small-") as folder:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "none", folder]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            yield None
            return
        try:
            yield SmallDisk(Path(folder))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
