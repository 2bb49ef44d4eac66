"""Garbage collection around a big import.

vLLM leaves 700 000 objects that live as long as the process. Every full collection walks them all, half a second in
which no token moves: measured, ten times while it loads and again and again later. So nothing is collected while it
loads, and what is there then is never looked at again. (vLLM's own server freezes its heap too.)
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def settled() -> Iterator[None]:
    """Collect once behind the block, and leave what is alive then out of all later collections."""
    gc.disable()
    gc.unfreeze()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
