"""Readers who stop reading: what one of them can cost, and when his connection is ended. nginx's `send_timeout` does
the same in front; this holds when nothing stands before the service."""

import asyncio
import contextlib
import socket
import struct

from app import metrics

# How much the kernel takes of us that it has not sent: by itself it would take up to 4 MB for each who does not read.
UNSENT_BYTES = 16 * 1024


class EndsUnread(asyncio.Protocol):
    """Mixed into a protocol of uvicorn. UNSENT_BYTES and one message at most wait for their reader, and when he takes
    nothing of them for `unread_seconds` the connection is ended. Who waits for an answer is no such reader: nothing
    waits for him."""

    unread_seconds = 30.0
    transport: asyncio.Transport
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Told when more waits than the kernel is given. uvloop hands everything to it at the end of its turn, so with
        a lower mark each token would be waited for."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=UNSENT_BYTES)
        # Not every kernel knows it; then a reader costs more memory, and is ended all the same.
        with contextlib.suppress(OSError):
            connection = transport.get_extra_info("socket")
            # asyncio sets it only on sockets that name their protocol, which those of `socket.create_server` do not;
            # without it the second write of an answer waits 40 ms for the reader to acknowledge the first.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
            # Ends what is below the mark and stays there.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * self.unread_seconds))

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self.forget_unread()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Something waits to be read."""
        super().pause_writing()
        self._wait_for_progress(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It has been read."""
        self.forget_unread()
        super().resume_writing()

    def forget_unread(self) -> None:
        """Wait for the reader no longer."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _wait_for_progress(self, waiting: int) -> None:
        self.forget_unread()
        loop = asyncio.get_running_loop()
        self._unread = loop.call_later(self.unread_seconds, self._end_without_progress, waiting)

    def _end_without_progress(self, before: int) -> None:
        waiting = self.transport.get_write_buffer_size()
        if waiting < before:
            self._wait_for_progress(waiting)
        else:
            metrics.slow_clients_closed.labels("reading").inc()
            # At once: otherwise the kernel keeps what it has for a reader who does not come.
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
