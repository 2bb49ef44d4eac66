"""The model of a real size for the rows of the benchmark that need a GPU."""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from loadtest.bench import __main__ as bench
from loadtest.bench.dummy_model import SHAPES, text, tokenizer, write
from loadtest.bench.gpu import Long
from loadtest.bench.machine import gpus


def test_every_token_shows() -> None:
    made = tokenizer(9000)
    assert made.get_vocab_size() == 9000
    assert all(made.decode([token]) for token in range(8192, 9000))


def test_a_folder_that_vllm_can_load(tmp_path: Path) -> None:
    folder = write(tmp_path / "model", "tiny")
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size() == SHAPES["tiny"]["vocab_size"]


def test_prompts_have_the_length_they_should() -> None:
    made = tokenizer(8192)
    assert 400 < len(made.encode(text(Long(1, 1).words)).ids) < 600
    first, second = Long(2, 1).questions()
    assert first != second


@pytest.mark.skipif(bool(gpus()), reason="this machine has a GPU")
def test_without_a_gpu_its_rows_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["gpu"]) == 1
    assert "needs an NVIDIA GPU" in capsys.readouterr().err
