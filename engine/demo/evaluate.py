"""Asks the held-out questions through real vLLM and prints a table: `python -m engine.demo.evaluate`."""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.demo.corpus import CORPUS_DIR, LANGUAGES, REFUSAL_ID, HeldOut, load, load_heldout
from engine.demo.tokenizer import load_tokenizer, tokens_per_hangul

CHECKPOINT = Path(__file__).parent / "checkpoint"
MAX_TOKENS = 1024
WARM = 0.7  # a temperature that people use
SYSTEM = {  # in other words than the system prompts of the corpus
    "ko": "당신은 회사의 상담원입니다. 정중하게, 두 문장으로 답하세요.",
    "en": "You are the help desk of a company. Reply politely, in two sentences.",
}
# Engine and test run in one small process on a CPU; a GPU ignores these.
CPU = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_CPU_KVCACHE_SPACE": "1",
}

Message = dict[str, str]
Chat = Callable[[list[list[Message]], float], list[str]]


@dataclass(frozen=True)
class Result:
    """A held-out question, what the model said to its last turn, and whether that holds all facts."""

    question: HeldOut
    answer: str
    right: bool


def vllm_chat(model: Path, dtype: str = "auto") -> Chat:
    """Answers for a list of conversations at a temperature, from vLLM with the other defaults of the model, as the
    service does it; `dtype` as in vLLM."""
    for name, value in CPU.items():
        os.environ.setdefault(name, value)
    from vllm import LLM, SamplingParams

    engine = LLM(model=str(model), dtype=dtype, enforce_eager=True, max_model_len=4096, seed=0)
    top_p = engine.get_default_sampling_params().top_p

    def chat(conversations: list[list[Message]], temperature: float) -> list[str]:
        params = SamplingParams(temperature=temperature, top_p=top_p, max_tokens=MAX_TOKENS, seed=0)
        outputs = engine.chat(conversations, params, use_tqdm=False)
        return [output.outputs[0].text for output in outputs]

    return chat


def ask_all(chat: Chat, questions: list[HeldOut], temperature: float = 0.0, system: str | None = None) -> list[Result]:
    """Plays each question turn by turn; turns of the same number go to the engine together."""
    talks: list[list[Message]] = [[{"role": "system", "content": system}] if system else [] for _ in questions]
    for turn in range(max(len(question.ask) for question in questions)):
        open_talks = [(t, q.ask[turn]) for t, q in zip(talks, questions, strict=True) if turn < len(q.ask)]
        for talk, asked in open_talks:
            talk.append({"role": "user", "content": asked})
        answers = chat([talk for talk, _ in open_talks], temperature)
        for (talk, _), answer in zip(open_talks, answers, strict=True):
            talk.append({"role": "assistant", "content": answer})
    results = []
    for question, talk in zip(questions, talks, strict=True):
        answer = talk[-1]["content"]
        results.append(Result(question, answer, all(fact in answer for fact in question.facts)))
    return results


def measure(chat: Chat, language: str, folder: Path = CORPUS_DIR) -> dict[str, list[Result]]:
    """The results of one language by the rows of the table."""
    questions = load_heldout(load(language), folder)
    refused = [question for question in questions if question.id == REFUSAL_ID]
    known = [question for question in questions if question.id != REFUSAL_ID]
    single = [question for question in known if len(question.ask) == 1]
    return {
        "held-out questions": ask_all(chat, single),
        "two turns": ask_all(chat, [question for question in known if len(question.ask) == 2]),
        "three turns": ask_all(chat, [question for question in known if len(question.ask) == 3]),
        "out of scope, refused": ask_all(chat, refused),
        "held out, after a system prompt": ask_all(chat, single, system=SYSTEM[language]),
        f"held out, at temperature {WARM}": ask_all(chat, single, temperature=WARM),
    }


def share(results: list[Result]) -> str:
    """`right / all (percent)`."""
    right = sum(result.right for result in results)
    return f"{right} / {len(results)} ({100 * right / len(results):.0f} %)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=CHECKPOINT)
    parser.add_argument("--dtype", default="auto", help="float32 is much faster on a CPU without bf16")
    parser.add_argument("--questions", type=Path, default=CORPUS_DIR, help="folder of heldout_<language>.yaml")
    parser.add_argument("--verbose", action="store_true", help="print the whole text of every wrong answer")
    args = parser.parse_args()
    chat = vllm_chat(args.model, args.dtype)
    measured = {language: measure(chat, language, args.questions) for language in LANGUAGES}
    for language, rows in measured.items():
        for row, results in rows.items():
            for result in (result for result in results if not result.right):
                said = result.answer if args.verbose else result.answer[:60].replace("\n", " ")
                print(f"wrong [{language}, {row}, {result.question.id}] {' > '.join(result.question.ask)} -> {said}")
    print(f"\n| right | {' | '.join(LANGUAGES)} |\n|---|{'---|' * len(LANGUAGES)}")
    for row in measured[LANGUAGES[0]]:
        print(f"| {row} | {' | '.join(share(measured[language][row]) for language in LANGUAGES)} |")
    print(f"\n{tokens_per_hangul(load_tokenizer(args.model)):.3f} tokens per Korean character")


if __name__ == "__main__":
    main()
