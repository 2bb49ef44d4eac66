"""Models whose tokenizer lacks the tokens of the usual parser."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from engine.choose import DEMO_PATH
from engine.tool_parser import fitting

pytestmark = pytest.mark.vllm


@pytest.mark.parametrize(
    ("candidates", "chosen"),
    [(("llama3_json", "hermes"), "hermes"), (("hermes",), "hermes"), (("llama3_json",), None), ((), None)],
)
def test_the_first_whose_tokens_there_are(candidates: tuple[str, ...], chosen: str | None) -> None:
    tokenizer = AutoTokenizer.from_pretrained(Path(DEMO_PATH))
    assert fitting(candidates, tokenizer) == chosen
