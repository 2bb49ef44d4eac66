"""Trains the demo model's tokenizer: byte-level BPE, lossless on any UTF-8 text, efficient for Korean.

`python -m engine.demo.tokenizer --out engine/demo/checkpoint` writes it; training the model does so too."""

import argparse
import re
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from engine.demo.corpus import LANGUAGES, load, texts

VOCABULARY = 4096
ANSWER_WEIGHT = 3  # answers are generated token by token, so their words earn tokens first
ROLE_WEIGHT = 100  # the roles of the chat template are one token each
IM_START, IM_END, END_OF_TEXT = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
SPECIAL_TOKENS = [END_OF_TEXT, IM_START, IM_END, "<think>", "</think>"]
HANGUL = re.compile("[가-힣]")
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def training_texts() -> list[str]:
    """All texts of all languages, those of answers several times."""
    found = ["system", "user", "assistant"] * ROLE_WEIGHT
    for corpus in map(load, LANGUAGES):
        found += texts(corpus)
        found += [item.answer for item in corpus.items.values()] * ANSWER_WEIGHT
    return found


def train_tokenizer() -> PreTrainedTokenizerFast:
    """A new tokenizer; the same corpus gives the same one. No normalizer: text comes back byte for byte."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(training_texts(), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=IM_END,
        pad_token=END_OF_TEXT,
        additional_special_tokens=SPECIAL_TOKENS[1:],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=8192,
    )


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of a checkpoint."""
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise TypeError(f"{folder} holds a {type(tokenizer).__name__}")
    return tokenizer


def token_id(tokenizer: PreTrainedTokenizerFast, token: str) -> int:
    """The id of one token of the vocabulary."""
    return int(tokenizer.get_vocab()[token])


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Writes `tokenizer.json` and `tokenizer_config.json` (with the chat template)."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(str(folder), save_jinja_files=False)


def tokens_per_hangul(tokenizer: PreTrainedTokenizerFast) -> float:
    """Tokens per Korean character over the texts of the Korean corpus that are mostly Korean."""
    tokens = characters = 0
    for text in texts(load("ko")):
        hangul = len(HANGUL.findall(text))
        if hangul * 2 > len(text.replace(" ", "")):
            characters += hangul
            tokens += len(tokenizer(text, add_special_tokens=False).input_ids)
    return tokens / characters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out: Path = parser.parse_args().out
    tokenizer = train_tokenizer()
    save_tokenizer(tokenizer, out)
    print(f"{len(tokenizer)} tokens, {tokens_per_hangul(tokenizer):.3f} tokens per Korean character")


if __name__ == "__main__":
    main()
