"""The engine and nothing else: what `make bench` compares the service with, because no server in front of the same
engine can be faster. `python -m engine.bare_loop '{"model": "demo"}'`, with fields of `EngineConfig`.

It prints a line when it is ready. Every line that it then reads is a job, {"tokens": length of each answer, "clients":
[[question, …], …]}; each client asks its questions one after the other. For each job it prints {"seconds": from the
first submission to the last token, "ttft_ms": [one per question]}. Prompts are rendered before the clock starts.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import uvloop

from engine.base import ChatMessage, Prompt, Sampling
from engine.config import EngineConfig
from engine.sampling import sampling_params
from engine.vllm_engine import VllmEngine


async def _client(llm: Any, name: str, prompts: Sequence[Prompt], params: Any) -> list[float]:
    first_texts = []
    for number, prompt in enumerate(prompts):
        inputs = {"type": "token", "prompt_token_ids": list(prompt.token_ids or ())}
        sent, first = time.perf_counter(), None
        async for output in llm.generate(inputs, params, f"{name}-{number}"):
            if first is None and output.outputs[0].text:
                first = time.perf_counter()
        first_texts.append(1000 * ((first or time.perf_counter()) - sent))
    return first_texts


async def run(engine: VllmEngine, job: dict[str, Any]) -> dict[str, Any]:
    """One job, as told above."""
    clients = [
        [await engine.render([ChatMessage("user", question)]) for question in questions] for questions in job["clients"]
    ]
    params = sampling_params(Sampling(max_tokens=job["tokens"], temperature=0, ignore_eos=True), {})
    began = time.perf_counter()
    found = await asyncio.gather(
        *(_client(engine.llm, str(number), prompts, params) for number, prompts in enumerate(clients))
    )
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "ttft_ms": [one for client in found for one in client]}


async def main() -> None:
    """Until the end of the input."""
    # Whatever else writes to the standard output must not stand between our lines.
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1) as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        engine = VllmEngine(EngineConfig(**json.loads(sys.argv[1])))
        await engine.start(lambda _: None)
        print("ready", file=answers)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await run(engine, json.loads(line))), file=answers)
        await engine.stop()


if __name__ == "__main__":
    uvloop.run(main())
