"""A remote engine for tests, and how it is asked."""

from engine.base import ChatMessage, Delta, Sampling
from engine.config import EngineConfig
from engine.remote_engine import RemoteEngine
from tests.scripted_remote import KEY, ScriptedRemote


def engine(remote: ScriptedRemote, entry: str | None = None, **values: object) -> RemoteEngine:
    given = {"kind": "openai", "base_url": remote.url, "api_key": KEY} | values
    return RemoteEngine(EngineConfig.model_validate(given), entry)


async def say(one: RemoteEngine, **sampling: object) -> list[Delta]:
    prompt = await one.render([ChatMessage("user", "안녕")])
    return [delta async for delta in one.stream("id", prompt, Sampling(**{"max_tokens": 64} | sampling))]  # type: ignore[arg-type]
