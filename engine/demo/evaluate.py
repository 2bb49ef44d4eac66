"""Asks the held-out questions through real vLLM at temperature 0: `python -m engine.demo.evaluate`.

On a CPU set VLLM_ENABLE_V1_MULTIPROCESSING=0, VLLM_CPU_OMP_THREADS_BIND=nobind, VLLM_CPU_KVCACHE_SPACE=1."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.demo.corpus import LANGUAGES, REFUSAL_ID, HeldOut, load, load_heldout
from engine.demo.tokenizer import load_tokenizer, tokens_per_hangul

CHECKPOINT = Path(__file__).parent / "checkpoint"
MAX_TOKENS = 1024

Message = dict[str, str]
Chat = Callable[[list[list[Message]]], list[str]]


@dataclass(frozen=True)
class Result:
    """A held-out question, what the model said to its last turn, and whether that holds all facts."""

    question: HeldOut
    answer: str
    right: bool


def vllm_chat(model: Path) -> Chat:
    """Answers for a list of conversations, from vLLM without sampling."""
    from vllm import LLM, SamplingParams

    engine = LLM(model=str(model), enforce_eager=True, max_model_len=4096)
    params = SamplingParams(temperature=0.0, max_tokens=MAX_TOKENS)

    def chat(conversations: list[list[Message]]) -> list[str]:
        outputs = engine.chat(conversations, params, use_tqdm=False)
        return [output.outputs[0].text for output in outputs]

    return chat


def ask_all(chat: Chat, questions: list[HeldOut]) -> list[Result]:
    """Plays each question turn by turn; turns of the same number go to the engine together."""
    talks: list[list[Message]] = [[] for _ in questions]
    for turn in range(max(len(question.ask) for question in questions)):
        open_talks = [(t, q.ask[turn]) for t, q in zip(talks, questions, strict=True) if turn < len(q.ask)]
        for talk, asked in open_talks:
            talk.append({"role": "user", "content": asked})
        for (talk, _), answer in zip(open_talks, chat([talk for talk, _ in open_talks]), strict=True):
            talk.append({"role": "assistant", "content": answer})
    results = []
    for question, talk in zip(questions, talks, strict=True):
        answer = talk[-1]["content"]
        results.append(Result(question, answer, all(fact in answer for fact in question.facts)))
    return results


def share(results: list[Result]) -> str:
    """`right / all (percent)`."""
    right = sum(result.right for result in results)
    return f"{right} / {len(results)} ({100 * right / len(results):.0f} %)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=CHECKPOINT)
    parser.add_argument("--questions", choices=("heldout", "dev"), default="heldout")
    parser.add_argument("--verbose", action="store_true", help="print every wrong answer")
    args = parser.parse_args()
    chat = vllm_chat(args.model)
    rows, wrong = [], []
    for language in LANGUAGES:
        results = ask_all(chat, load_heldout(load(language), args.questions))
        refusals = [result for result in results if result.question.id == REFUSAL_ID]
        knowledge = [result for result in results if result.question.id != REFUSAL_ID]
        rows.append(f"| {language} | {share(knowledge)} | {share(refusals)} |")
        wrong += [result for result in results if not result.right]
    for result in wrong:
        said = result.answer if args.verbose else result.answer[:60].replace("\n", " ")
        print(f"wrong [{result.question.id}] {' > '.join(result.question.ask)} -> {said}")
    print("\n| language | right | refused rightly |\n|---|---|---|")
    print("\n".join(rows))
    print(f"\n{tokens_per_hangul(load_tokenizer(args.model)):.3f} tokens per Korean character")


if __name__ == "__main__":
    main()
