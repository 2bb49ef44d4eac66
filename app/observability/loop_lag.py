"""How late the event loop is: it is shared with every user's tokens."""

import asyncio

from app.metrics import loop_lag

INTERVAL_SECONDS = 0.5


async def measure_loop_lag() -> None:
    """Observe until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + INTERVAL_SECONDS
        await asyncio.sleep(INTERVAL_SECONDS)
        loop_lag.observe(max(0.0, loop.time() - due))
