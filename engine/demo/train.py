"""Trains the demo model from the corpus: `python -m engine.demo.train --out engine/demo/checkpoint`."""

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from engine.demo.batches import Batch, ahead
from engine.demo.muon import Muon
from engine.demo.samples import IGNORED
from engine.demo.tokenizer import END_OF_TEXT, IM_END, save_tokenizer, token_id, train_tokenizer

REPORT_EVERY = 20  # steps
OPENING = 5  # tokens
OPENING_WEIGHT = 8.0
WARM_UP = 0.03  # share of the time in which the learning rate rises
FINAL_RATE = 0.01  # share of the learning rate that is left at the end
TEMPERATURE, TOP_P = 0.3, 0.8  # what a server samples with unless asked otherwise: a model this small errs when varied


def build_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A fresh model of 4.1 million parameters; two GPUs can share it, for its heads and sizes are even."""
    end, pad = token_id(tokenizer, IM_END), token_id(tokenizer, END_OF_TEXT)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=pad,
    )
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(
        eos_token_id=end, pad_token_id=pad, do_sample=True, temperature=TEMPERATURE, top_p=TOP_P
    )
    return model


def batch_loss(model: LlamaForCausalLM, batch: Batch) -> torch.Tensor:
    """Mean cross-entropy (nats) over the assistant's tokens; only their logits are computed.

    The first tokens of an answer, where the choice of the answer falls, count `OPENING_WEIGHT` times."""
    hidden = model.model(input_ids=batch.ids[:, :-1]).last_hidden_state
    targets = batch.labels[:, 1:]
    said = targets != IGNORED
    opening = said.clone()
    opening[:, OPENING:] &= ~said[:, :-OPENING]
    weights = 1.0 + (OPENING_WEIGHT - 1.0) * opening[said].float()
    losses = functional.cross_entropy(model.lm_head(hidden[said]).float(), targets[said], reduction="none")
    return (losses * weights).sum() / weights.sum()


def learning_rate(progress: float) -> float:
    """Factor of the learning rate at `progress` (0 to 1): a short rise, then half a cosine."""
    if progress < WARM_UP:
        return max(progress / WARM_UP, 0.01)
    fall = 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))
    return FINAL_RATE + (1 - FINAL_RATE) * fall


def optimizers(model: LlamaForCausalLM, muon: float, adam: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for embeddings and norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        Muon(matrices, lr=muon, weight_decay=0.05),
        torch.optim.AdamW(others, lr=adam, weight_decay=0.0, betas=(0.9, 0.98)),
    ]


@dataclass(frozen=True)
class Budget:
    """The training ends at whichever comes first: `steps`, or `minutes` of wall-clock time."""

    steps: int
    minutes: float

    def progress(self, step: int, seconds: float) -> float:
        """The share that is used up, 0 to 1."""
        return max(step / self.steps, seconds / (60 * self.minutes))


def fit(model: LlamaForCausalLM, source: Iterator[Batch], budget: Budget, rates: tuple[float, float]) -> None:
    """Trains until the budget is used up; prints step, loss, tokens per second and the minutes gone."""
    device = model.device.type
    short = device == "cuda" or "AVX512" in torch.backends.cpu.get_cpu_capability()  # others compute bf16 very slowly
    model.train()
    optims = optimizers(model, *rates)
    bases = [optim.param_groups[0]["lr"] for optim in optims]
    start = time.monotonic()
    step, tokens, losses = 0, 0, torch.zeros((), device=model.device)
    while (progress := budget.progress(step, time.monotonic() - start)) < 1:
        batch = next(source)
        batch = Batch(batch.ids.to(device), batch.labels.to(device))
        for optim, base in zip(optims, bases, strict=True):
            optim.param_groups[0]["lr"] = base * learning_rate(progress)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=short):
            loss = batch_loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optim in optims:
            optim.step()
            optim.zero_grad(set_to_none=True)
        step, tokens, losses = step + 1, tokens + batch.ids.numel(), losses + loss.detach()
        if step % REPORT_EVERY == 0:
            gone = time.monotonic() - start
            mean, speed = float(losses) / REPORT_EVERY, tokens / gone
            print(f"step {step} loss {mean:.4f} {speed:.0f} tokens/s {gone / 60:.1f} min", flush=True)
            losses.zero_()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--minutes", type=float, default=45.0, help="wall-clock time of the training")
    parser.add_argument("--steps", type=int, default=20000, help="end earlier, after so many steps")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--muon-rate", type=float, default=2.5e-3)
    parser.add_argument("--adam-rate", type=float, default=1.5e-3)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    tokenizer = train_tokenizer()
    model = build_model(tokenizer)
    print(f"{model.num_parameters() / 1e6:.2f} million parameters, seed {args.seed}", flush=True)
    source = ahead(tokenizer, args.batch_tokens, args.seed)  # its processes begin before CUDA does
    if torch.cuda.is_available():
        model.cuda()
    fit(model, source, Budget(args.steps, args.minutes), (args.muon_rate, args.adam_rate))
    model.bfloat16().save_pretrained(args.out)
    save_tokenizer(tokenizer, args.out)
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
