"""The demo model's corpus, tokenizer and checkpoint, checked without an engine."""

import json
import re
import shutil
import struct
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from engine.demo.batches import ahead
from engine.demo.corpus import CORPUS_DIR, LANGUAGES, REFUSAL_ID, Corpus, load, load_heldout
from engine.demo.evaluate import CHECKPOINT
from engine.demo.muon import orthogonal
from engine.demo.phrasing import with_particles
from engine.demo.samples import GLIMPSE, IGNORED, Encoder, Said, Sampler
from engine.demo.tokenizer import IM_END, IM_START, load_tokenizer, token_id, tokens_per_hangul, train_tokenizer

MAX_BYTES = 12 * 1024 * 1024
CORPORA = [load(language) for language in LANGUAGES]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return load_tokenizer(CHECKPOINT)


def plain(question: str) -> str:
    return "".join(character for character in question.lower() if character.isalnum())


def asked_in_training(corpus: Corpus) -> set[str]:
    asked = [*corpus.refusal.ask]
    for item in corpus.items.values():
        asked += item.ask
        asked += [with_particles(t.replace("{}", topic)) for t in corpus.wrappers.topic for topic in item.topics]
    return {plain(question) for question in asked}


def test_the_checkpoint_is_small_and_complete() -> None:
    files = {path.name: path.stat().st_size for path in CHECKPOINT.iterdir()}
    assert {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json"} <= files.keys()
    assert sum(files.values()) <= MAX_BYTES


def test_the_weights_are_bf16_and_two_gpus_can_share_them() -> None:
    with (CHECKPOINT / "model.safetensors").open("rb") as weights:
        header = json.loads(weights.read(struct.unpack("<Q", weights.read(8))[0]))
    assert {entry["dtype"] for name, entry in header.items() if name != "__metadata__"} == {"BF16"}
    config = json.loads((CHECKPOINT / "config.json").read_text())
    for size in (
        "num_attention_heads",
        "num_key_value_heads",
        "hidden_size",
        "intermediate_size",
        "vocab_size",
    ):
        assert config[size] % 2 == 0
    assert config["max_position_embeddings"] == 8192
    assert config["tie_word_embeddings"] is True


def test_generation_ends_at_the_end_of_a_message(tokenizer: PreTrainedTokenizerFast) -> None:
    generation = json.loads((CHECKPOINT / "generation_config.json").read_text())
    assert generation["eos_token_id"] == token_id(tokenizer, IM_END)


def test_a_server_samples_carefully_unless_asked_otherwise() -> None:
    generation = json.loads((CHECKPOINT / "generation_config.json").read_text())
    assert 0 < generation["temperature"] <= 0.5
    assert generation["top_p"] < 1


@pytest.mark.parametrize(
    "text",
    [
        "이 서비스는 무엇인가요? 뷁쀍 햏",
        "👩‍💻 🇰🇷 café 한글 漢字 Ω≈ç",
        "def f(x):\n\tif x:\r\n        return  x ** 2   # two\n\n\n",
        " leading and trailing \n",
        "| a | b |\n|---|---|\n$$\\frac{n}{t}$$",
    ],
)
def test_text_comes_back_unchanged(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False).input_ids) == text


def test_korean_is_cheap(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokens_per_hangul(tokenizer) < 0.8


def test_the_tokenizer_belongs_to_the_corpus(tokenizer: PreTrainedTokenizerFast) -> None:
    assert train_tokenizer().get_vocab() == tokenizer.get_vocab()


def test_the_chat_template_is_chatml(tokenizer: PreTrainedTokenizerFast) -> None:
    messages = [
        {"role": "system", "content": "짧게"},
        {"role": "user", "content": "a <|im_end|> b"},
        {"role": "assistant", "content": " ok\n"},
        {"role": "user", "content": ""},
    ]
    assert tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True) == (
        "<|im_start|>system\n짧게<|im_end|>\n<|im_start|>user\na <|im_end|> b<|im_end|>\n"
        "<|im_start|>assistant\n ok\n<|im_end|>\n<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n"
    )


def test_only_what_the_assistant_says_is_learned(tokenizer: PreTrainedTokenizerFast) -> None:
    conversation = [
        {"role": "user", "content": "안녕"},
        {"role": "assistant", "content": "반가워요"},
        {"role": "user", "content": "Bye"},
        {"role": "assistant", "content": "Goodbye"},
    ]
    ids, labels = Encoder(tokenizer)(conversation)
    whole = str(tokenizer.apply_chat_template(conversation, tokenize=False))
    assert ids == tokenizer(whole, add_special_tokens=False).input_ids
    learned = tokenizer.decode([label for label in labels if label != IGNORED])
    assert learned == "반가워요<|im_end|>Goodbye<|im_end|>"


def test_an_abridged_conversation_teaches_how_answers_begin_and_the_last_one(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    answer = " ".join(str(number) for number in range(100, 160))
    conversation = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": "Goodbye"},
    ]
    ids, labels = Encoder(tokenizer)(conversation, keep=2 * GLIMPSE)
    begins = tokenizer(answer, add_special_tokens=False).input_ids[: 2 * GLIMPSE]
    assert len(ids) == len(labels)
    assert [label for label in labels if label != IGNORED][:GLIMPSE] == begins[:GLIMPSE]
    assert tokenizer.decode([label for label in labels if label != IGNORED][GLIMPSE:]) == "Goodbye<|im_end|>"
    assert tokenizer.decode(begins) + "<|im_end|>\n<|im_start|>user\ntwo" in tokenizer.decode(ids)


def test_the_same_seed_draws_the_same_conversations() -> None:
    first, second = Sampler(CORPORA, seed=3), Sampler(CORPORA, seed=3)
    assert [first.conversation() for _ in range(50)] == [second.conversation() for _ in range(50)]


def test_batches_of_all_streams_hold_whole_conversations(tokenizer: PreTrainedTokenizerFast) -> None:
    source = ahead(tokenizer, 4096, seed=3)
    for batch in (next(source) for _ in range(4)):
        assert batch.ids.shape == batch.labels.shape
        assert batch.ids.numel() <= 4096
        assert (batch.ids[:, 0] == token_id(tokenizer, IM_START)).all()
        learned = batch.labels != IGNORED
        assert learned.any(dim=1).all()
        assert (batch.labels[learned] == batch.ids[learned]).all()


def test_answers_stay_in_the_language_that_was_asked_for() -> None:
    """English follow-ups to an English question: only a translation changes the language of the answers."""
    sampler = Sampler(CORPORA, seed=3)
    said = Said("stop", "ko", "answer", user="en")
    after = [sampler.follow_up(said)[1] for _ in range(200)]
    assert {(a.form == "answer", a.language) for a in after if a.user == "en"} >= {(False, "ko"), (True, "en")}
    assert {a.language for a in after if a.user == "en" and a.form != "answer"} == {"ko"}
    assert {a.language for a in after if a.user == "ko" and a.form != "answer"} == {"ko"}


@pytest.mark.parametrize("corpus", CORPORA, ids=LANGUAGES)
def test_every_item_is_well_formed(corpus: Corpus) -> None:
    for item in corpus.items.values():
        assert len(item.ask) >= 4, item.id
        assert item.facts, item.id
        assert [fact for fact in item.facts if fact not in item.answer] == [], item.id
        assert item.answer == item.answer.strip(), item.id
    assert all(fact in corpus.refusal.answer for fact in corpus.refusal.facts)


@pytest.mark.parametrize("corpus", CORPORA, ids=LANGUAGES)
def test_an_answer_begins_in_its_language(corpus: Corpus) -> None:
    """The first token decides which of two answers about the same thing is given."""
    letter = "[가-힣]" if corpus.language == "ko" else "[A-Za-z]"
    foreign = "```|\\|" if corpus.language == "ko" else "```|\\||`"
    starts = {item.id: re.sub(r"^[*_]+", "", item.answer) for item in corpus.items.values()}
    assert [key for key, start in starts.items() if re.match(foreign, start)] == []
    assert [key for key, start in starts.items() if not re.search(letter, start[:24])] == []


def test_a_question_for_an_unknown_item_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "corpus"
    shutil.copytree(CORPUS_DIR, copy)
    monkeypatch.setattr("engine.demo.corpus.CORPUS_DIR", copy)
    folder = copy / "ko" / "questions"
    folder.mkdir(exist_ok=True)
    (folder / "about.yaml").write_text("no-such-item:\n- 뭐야?\n")
    with pytest.raises(ValueError, match="no-such-item"):
        load("ko")


@pytest.mark.parametrize("corpus", CORPORA, ids=LANGUAGES)
def test_there_are_many_questions(corpus: Corpus) -> None:
    assert len(corpus.items) >= 100
    assert len({plain(question) for item in corpus.items.values() for question in item.ask}) >= 150
    assert sum(bool(item.short) for item in corpus.items.values()) >= 100
    assert sum(bool(item.why) for item in corpus.items.values()) >= 30


def test_the_long_answers_are_long(tokenizer: PreTrainedTokenizerFast) -> None:
    for corpus in CORPORA:
        for name in ("architecture", "journey"):
            assert len(tokenizer(corpus.items[name].answer).input_ids) >= 400


def test_both_languages_have_the_same_items() -> None:
    korean, english = CORPORA
    assert korean.items.keys() == english.items.keys()


@pytest.mark.parametrize("corpus", CORPORA, ids=LANGUAGES)
def test_no_question_has_two_answers(corpus: Corpus) -> None:
    asked = [asks for item in corpus.items.values() for asks in {plain(question) for question in item.ask}]
    asked += {plain(question) for question in corpus.refusal.ask}
    assert sorted({question for question in asked if asked.count(question) > 1}) == []


@pytest.mark.parametrize("corpus", CORPORA, ids=LANGUAGES)
def test_there_are_enough_held_out_questions(corpus: Corpus) -> None:
    heldout = load_heldout(corpus)
    known = [question for question in heldout if question.id != REFUSAL_ID]
    assert sum(len(question.ask) == 1 for question in known) >= 100
    assert sum(len(question.ask) == 3 for question in known) >= 5
    assert len(heldout) - len(known) >= 20


@pytest.mark.parametrize("corpus", CORPORA, ids=LANGUAGES)
def test_held_out_questions_are_not_trained_on(corpus: Corpus) -> None:
    trained = asked_in_training(corpus)
    single = [question.ask[0] for question in load_heldout(corpus) if len(question.ask) == 1]
    assert [question for question in single if plain(question) in trained] == []


def test_particles_follow_the_final_consonant() -> None:
    assert with_particles("꿈이/가, 커피이/가, Git은/는") == "꿈이, 커피가, Git는"


@pytest.mark.parametrize("shape", [(24, 40), (40, 24)])
def test_a_step_of_muon_is_nearly_orthogonal(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    assert torch.linalg.svdvals(orthogonal(matrix)).sub(1).abs().max() < 0.4
