"""A model of a real size without a download: configuration, tokenizer and chat template; vLLM makes the weights up
(`load_format=dummy`). What it says is nonsense, what it costs is not."""

import json
import random
from functools import cache
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TRAINED = 8192  # entries of the tokenizer that text is encoded with
SHAPES = {
    # As Llama 3.1 8B.
    "8b": {
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128256,
        "tie_word_embeddings": False,
    },
    "tiny": {
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 8448,
        "tie_word_embeddings": True,
    },
}
ARCHITECTURE = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "attention_bias": False,
    "hidden_act": "silu",
    "initializer_range": 0.02,
    "max_position_embeddings": 32768,
    "rms_norm_eps": 1e-5,
    "rope_theta": 500000.0,
    "use_cache": True,
    "torch_dtype": "bfloat16",
    "bos_token_id": 0,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@cache
def words() -> tuple[str, ...]:
    """Four thousand words that the tokenizer was made for: about one token each."""
    rng = random.Random(1)
    return tuple("".join(rng.choices("etaoinshrdlucmfwypvbgkqjxz", k=rng.randint(2, 9))) for _ in range(4000))


def text(count: int) -> str:
    """So many words that no cache has seen."""
    return " ".join(random.choices(words(), k=count))


def tokenizer(vocabulary: int) -> Tokenizer:
    """Trained on `words`; whatever the model may say beyond that is a text of its own, so that every token shows."""
    rng = random.Random(2)
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=TRAINED,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train_from_iterator([" ".join(rng.choices(words(), k=200)) for _ in range(200)], trainer)
    made = json.loads(trained.to_str())
    known = made["model"]["vocab"]
    known.update({f"Ġ{number:06}": number for number in range(len(known), vocabulary)})
    whole = Tokenizer.from_str(json.dumps(made))
    whole.decoder = decoders.ByteLevel()
    return whole


def write(folder: Path, shape: str) -> Path:
    """Make the model's directory `folder`, in one of the `SHAPES`; it is returned."""
    folder.mkdir(parents=True)
    tokenizer(int(SHAPES[shape]["vocab_size"])).save(str(folder / "tokenizer.json"))
    files = {
        "config.json": ARCHITECTURE | SHAPES[shape],
        "generation_config.json": {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 0},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": SPECIAL[2],
            "pad_token": SPECIAL[0],
            "model_max_length": 32768,
            "chat_template": TEMPLATE,
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1))
    return folder
