"""A request through the real engine is one trace: the client's, ours, and below ours vLLM's own span."""

import pytest

from tests.e2e.api import chatting, sign_in
from tests.rig.collector import CALLER, TRACE, TRACEPARENT, chain, collecting, told
from tests.rig.fixtures import ADMIN, RAISED_LIMITS
from tests.rig.server import server

pytestmark = pytest.mark.vllm

QUESTION = "canaryquestion5512 이 서비스는 무엇인가요?"
OTHER_TRACE = "5bf92f3577b34da6a3ce929d0e0e4737"


def test_vllms_own_span_is_below_ours() -> None:
    with collecting() as collector:
        settings = {"CHAT_ENGINE__MODEL": "demo", "HF_HUB_OFFLINE": "1", "CHAT_OTLP__ENDPOINT": collector.url}
        with server({**settings, **RAISED_LIMITS, **ADMIN}) as own:
            own.wait()
            with sign_in(own.url) as client:
                client.headers.update(TRACEPARENT)
                with chatting(client, QUESTION, max_tokens=8, ignore_eos=True) as stream:
                    receipt = list(stream)[-1]["data"]
                client.headers["traceparent"] = f"00-{OTHER_TRACE}-{CALLER}-01"
                body = {"messages": [{"role": "user", "content": QUESTION}], "max_tokens": 4}
                answer = client.post("/v1/chat/completions", json=body).json()
            # vLLM sends its last spans when the process ends.
            assert own.stop() == 0
        chat, v1 = collector.spans(TRACE), collector.spans(OTHER_TRACE)
    chain(chat, "POST /api/chat", "generation", "engine", "llm_request")
    chain(v1, "POST /v1/chat/completions", "engine", "llm_request")
    for spans, usage in ((chat, receipt["usage"]), (v1, answer["usage"])):
        theirs = told(spans["llm_request"])
        assert theirs["gen_ai.usage.completion_tokens"] == usage["completion_tokens"]
        assert theirs["gen_ai.usage.prompt_tokens"] == usage["prompt_tokens"]
    assert not any(b"canaryquestion5512" in sent for sent in collector.bodies)
