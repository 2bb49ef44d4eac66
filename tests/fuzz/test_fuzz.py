"""Whatever a signed-in user sends: no 500, no traceback, nothing of another user, and the service goes on."""

import asyncio
import os
import uuid
from collections.abc import Callable

import httpx
import pytest

from app.auth.letters import Visitor
from app.config import Settings
from tests.app.openai_calls import scripted_api
from tests.app.serving import PASSWORD, Served, chat, serving
from tests.fuzz.calls import Fuzzer, Tally
from tests.rig.fixtures import RAISED_LIMITS

CALLS = int(os.environ.get("FUZZ_CALLS", "900"))
SEED = int(os.environ.get("FUZZ_SEED", "7"))
FOREIGN = ["lee-owns-this", "lee@example.com"]


async def sign_in(served: Served) -> str:
    """A token of somebody new: wrong passwords among the random input lock an account and this address out."""
    email = f"kim-{uuid.uuid4().hex}@example.com"
    await served.services.registration.register(email, PASSWORD, Visitor("en", served.url))
    return await served.services.auth.jwt_sign_in(email, PASSWORD)


async def leave_something(served: Served) -> None:
    """Lee's conversation, with words that nobody else has."""
    async with served.client("lee@example.com") as lee:
        await chat(lee, "lee-owns-this question")
        made = await lee.post("/api/conversations", json={"title": "lee-owns-this title"})
        assert made.status_code == 201


@pytest.mark.timeout(300 + CALLS // 5)
async def test_no_input_breaks_the_service(
    make_settings: Callable[..., Settings], database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    limits = {name.removeprefix("CHAT_LIMITS__").lower(): value for name, value in RAISED_LIMITS.items()}
    async with serving(make_settings(database={"url": database_url}, limits=limits)) as served:
        await served.services.engine.wait_ready()
        scripted_api(served)
        await leave_something(served)

        loop = asyncio.get_running_loop()

        def run() -> Tally:
            def token() -> str:
                return asyncio.run_coroutine_threadsafe(sign_in(served), loop).result()

            tally = Fuzzer(served.url, token, FOREIGN).run(CALLS, SEED)

            def lees() -> str:
                signing_in = served.services.auth.jwt_sign_in("lee@example.com", PASSWORD)
                return asyncio.run_coroutine_threadsafe(signing_in, loop).result()

            # Only Lee, who came first, may administrate; nothing there is foreign.
            admin = Fuzzer(served.url, lees, []).run(CALLS // 4, SEED, under="/api/admin/")
            tally.statuses += admin.statuses
            tally.faults |= admin.faults
            return tally

        tally = await asyncio.to_thread(run)
        counted = f"{tally.calls} calls: {dict(sorted(tally.statuses.items()))}"
        print(counted)
        assert tally.faults == {}
        # Few calls may draw no text that a path cannot hold. A body has rules.
        bodies = {name for name in tally.without_rules if not name.endswith("}")}
        assert bodies <= {"POST /api/conversations/import"}
        assert {200, 404, 422} <= tally.statuses.keys()
        token = await served.services.auth.jwt_sign_in("lee@example.com", PASSWORD)
        async with httpx.AsyncClient(base_url=served.url, headers={"Authorization": f"Bearer {token}"}) as lee:
            # Among the calls of the administrator may have been one that holds the queue.
            assert (await lee.post("/api/admin/engine/resume")).status_code == 200
            assert (await chat(lee, "still there?"))[-1]["event"] == "done"
    written = capfd.readouterr()
    if CALLS > 10_000:  # who waits for an hour is told
        with capfd.disabled():
            print(counted)
    for sign_of_a_bug in ("Traceback", "request failed", "generation failed"):
        assert sign_of_a_bug not in written.out + written.err
