"""One service with real vLLM for all clients, and a key to it."""

from collections.abc import Iterator
from pathlib import Path

import anthropic
import httpx
import openai
import pytest

from tests.clients import node_client
from tests.clients.access import Access, new_key
from tests.e2e.api import sign_in
from tests.rig.fixtures import ADMIN
from tests.rig.server import Server


@pytest.fixture(scope="session")
def no_proxy() -> Iterator[None]:
    """The clients ask the environment for one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("no_proxy", "127.0.0.1")
        yield


@pytest.fixture(scope="session")
def admin(live_server: Server) -> Iterator[httpx.Client]:
    with sign_in(live_server.url, ADMIN["CHAT_ADMIN__EMAIL"]) as client:
        yield client


@pytest.fixture(scope="session")
def access(live_server: Server, no_proxy: None) -> Access:
    with sign_in(live_server.url) as person:
        return new_key(person)


@pytest.fixture
def client(access: Access) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=access.v1, api_key=access.key, max_retries=0) as client:
        yield client


@pytest.fixture
def claude(access: Access) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=access.url, api_key=access.key, max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with OpenAI's npm client."""
    return node_client.installed(tmp_path_factory.mktemp("node"))
