"""OpenAI's client for Node."""

from pathlib import Path

import pytest

from tests.clients import node_client
from tests.clients.access import Access

pytestmark = pytest.mark.vllm


def test_chat_stream_schema_tools_responses_and_errors(access: Access, node_folder: Path) -> None:
    assert node_client.run(node_folder, "check.mjs", access.variables) == "ok\n"
