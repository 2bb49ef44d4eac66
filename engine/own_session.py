"""Leaving the session of the server without outliving it."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1


def leave() -> None:
    """Into a session of its own, and killed when the process that started this one ends, however it ends.

    Nobody else would end it after a kill -9 of the server: EngineCore and the fork server keep each
    other's pipes open.
    """
    os.setsid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
