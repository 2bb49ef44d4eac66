"""The OpenAI and Anthropic API with real vLLM behind it: no input is a 500, a status we do not describe, or its end."""

import os

import pytest

from tests.e2e.api import chatting, sign_in
from tests.fuzz.calls import Fuzzer
from tests.rig.server import Server

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

# A tenth of what the rest gets: each may be a generation.
CALLS = int(os.environ.get("FUZZ_CALLS", "900")) // 10
SEED = int(os.environ.get("FUZZ_SEED", "7"))


@pytest.mark.parametrize("under", ["/v1/", "/tokenize", "/detokenize"])
def test_no_input_breaks_it(live_server: Server, under: str) -> None:
    def token() -> str:
        with sign_in(live_server.url) as client:
            return client.headers["Authorization"].removeprefix("Bearer ")

    tally = Fuzzer(live_server.url, token, []).run(CALLS, SEED, under=under)
    print(f"{under}: {tally.calls} calls: {dict(sorted(tally.statuses.items()))}")
    assert tally.faults == {}
    assert {200, 400} <= tally.statuses.keys()
    with sign_in(live_server.url) as client, chatting(client, "안녕하세요") as stream:
        assert list(stream)[-1]["event"] == "done"
    for sign_of_a_bug in ("Traceback", "request failed", "generation failed"):
        assert sign_of_a_bug not in live_server.log()
