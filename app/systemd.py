"""systemd's notify protocol (sd_notify(3)): words sent as datagrams to the socket that NOTIFY_SOCKET names.

The watchdog's word comes from the event loop itself, so that systemd ends and restarts a server whose loop hangs.
"""

import asyncio
import os
import socket
from dataclasses import dataclass

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


@dataclass(frozen=True, slots=True)
class Systemd:
    """`address` None: nobody listens. `watchdog_seconds` None: nobody waits for a sign of life."""

    address: str | None
    watchdog_seconds: float | None

    def notify(self, word: str) -> None:
        """Say one word. Raises OSError when the socket that we were given does not take it."""
        if self.address is None:
            return
        # A leading @ is how an address in memory, without a file, is written.
        address = self.address.replace("@", "\0", 1) if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.sendto(word.encode(), address)

    async def stay_alive(self) -> None:
        """Say so twice as often as it is waited for, until cancelled."""
        while self.watchdog_seconds is not None:
            self.notify(ALIVE)
            await asyncio.sleep(self.watchdog_seconds / 2)


def from_environment() -> Systemd:
    """What systemd has set for this process. The variables are taken away: the engine's processes are not to answer."""
    address = os.environ.pop("NOTIFY_SOCKET", None) or None
    microseconds, pid = os.environ.pop("WATCHDOG_USEC", None), os.environ.pop("WATCHDOG_PID", None)
    ours = microseconds and pid in (None, str(os.getpid()))
    return Systemd(address, int(microseconds) / 1e6 if microseconds and ours else None)
