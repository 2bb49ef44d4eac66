"""Whose prompts may be found in the prefix cache."""

from collections.abc import Callable
from typing import Any

from app.config import Settings
from tests.app.serving import chat, serving


async def test_one_users_prompts_are_salted_with_the_user(make_settings: Callable[..., Settings]) -> None:
    salts: dict[str, list[Any]] = {}
    for policy in ("none", "user"):
        settings = make_settings(engine={"cache_salt": policy})
        async with serving(settings) as served:
            for email in ("kim@example.com", "lee@example.com", "kim@example.com"):
                async with served.client(email) as client:
                    await chat(client)
            salts[policy] = [prompt.cache_salt for prompt in served.engine.prompts]
    assert salts["none"] == [None, None, None]
    kim, lee, again = salts["user"]
    assert kim == again != lee
    assert None not in salts["user"]


def test_in_production_unless_it_is_switched_off(make_settings: Callable[..., Settings]) -> None:
    production = {"env": "production", "public_url": "https://chat.example"}
    assert make_settings(**production).salted
    assert not make_settings(**production, engine={"cache_salt": "none"}).salted
    assert not make_settings().salted
