"""Trains the embedded text models: `python scripts/train_embedded_text.py text-large text-small`.

Needs the `train` extra; a GPU is not needed. Each writes its checkpoint, its graph and its
measurements to `locomo_vqa/models/embedded/<name>/`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

import torch
from tokenizers import Tokenizer
from torch import distributed, multiprocessing
from transformers import PreTrainedTokenizerFast, Qwen2ForCausalLM

sys.path.insert(0, str(Path(__file__).parent.parent))

from locomo_vqa.models.embedded import EmbeddedModel
from locomo_vqa.models.embedded.weights import read_bf16_header
from scripts.embedded.export import CHAT
from scripts.embedded.graphs import write_graphs
from scripts.embedded.text_card import write_text_card
from scripts.embedded.text_learning import TextPlan, learn_text
from scripts.embedded.text_measure import measure_text
from scripts.embedded.text_model import make_text_model, make_text_tokenizer
from scripts.embedded.tokenizer import END, PAD

MODELS = Path(__file__).parent.parent / "locomo_vqa" / "models" / "embedded"

Name = Literal["text-large", "text-small"]

PLANS: dict[Name, TextPlan] = {
    "text-large": TextPlan(steps=5000, tokens=4096),
    "text-small": TextPlan(steps=900, tokens=4096),
}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def _tokenizer(file: Path) -> Tokenizer:
    """Return the tokenizer of both models; trained if it isn't there."""
    if not file.exists():
        make_text_tokenizer().save(str(file))
    return Tokenizer.from_file(str(file))


def _model(name: Name, tokenizer: Tokenizer) -> Qwen2ForCausalLM:
    return make_text_model("large" if name == "text-large" else "small", tokenizer)


def _work(rank: int, name: Name, arguments: argparse.Namespace) -> None:
    """One process's share of training."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    if arguments.processes > 1:
        meeting = f"file://{arguments.work.resolve() / f'{name}-{os.getppid()}.meeting'}"
        distributed.init_process_group("gloo", meeting, None, arguments.processes, rank)
    tokenizer = Tokenizer.from_file(str(arguments.work / "tokenizer.json"))
    model = _model(name, tokenizer)
    plan = PLANS[name]
    if arguments.reuse:
        model.load_state_dict(torch.load(_weights(name, arguments), weights_only=True))
        plan = replace(plan, steps=arguments.steps or plan.steps, reading_part=0.0)
    first = rank == 0
    if first:
        say(f"{name}: {sum(each.numel() for each in model.parameters())} parameters")
    learn_text(
        model,
        tokenizer,
        plan,
        seed=arguments.seed + 1000 * rank + 7,
        share=arguments.processes,
        say=say if first else _silent,
        checkpoint=_weights(name, arguments) if first else None,
    )


def _silent(text: str) -> None:
    """Say nothing."""


def _weights(name: Name, arguments: argparse.Namespace) -> Path:
    return cast(Path, arguments.work) / f"{name}.pt"


def _export(name: Name, tokenizer: Tokenizer, weights: Path, folder: Path) -> None:
    """Write weights in bf16, configuration, tokenizer and graph."""
    model = _model(name, tokenizer)
    model.load_state_dict(torch.load(weights, weights_only=True))
    generation = model.generation_config
    generation.eos_token_id = tokenizer.token_to_id(END)
    generation.pad_token_id = tokenizer.token_to_id(PAD)
    generation.do_sample = False
    folder.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(folder)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        padding_side="left",
        model_max_length=model.config.max_position_embeddings,
        chat_template=CHAT,
    )
    fast.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    write_graphs(folder, model.config)


def _measure(name: Name, folder: Path) -> None:
    lengths = [
        place.length // 2 for place in read_bf16_header(folder / "model.safetensors").values()
    ]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    figures = {
        "parameters": sum(lengths),
        "bytes": (folder / "model.safetensors").stat().st_size,
        "tokens": config["max_position_embeddings"],
        **measure_text(EmbeddedModel(name, folder=folder)),
    }
    text = json.dumps(figures, indent=2)
    say(text)
    (folder / "measured.json").write_text(f"{text}\n", encoding="utf-8")


def main() -> None:
    """Train, export and measure the models that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=tuple(PLANS))
    parser.add_argument("--work", type=Path, default=Path("embedded-training"))
    parser.add_argument("--out", type=Path, default=MODELS, help="the folder of all models")
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reuse", action="store_true", help="go on from the weights in --work")
    parser.add_argument("--steps", type=int, help="with --reuse: how many more")
    parser.add_argument("--measure", action="store_true", help="only measure what is there")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for name in arguments.names:
        if not arguments.measure:
            tokenizer = _tokenizer(arguments.work / "tokenizer.json")
            multiprocessing.spawn(_work, (name, arguments), nprocs=arguments.processes)
            _export(name, tokenizer, _weights(name, arguments), arguments.out / name)
        _measure(name, arguments.out / name)
    write_text_card(arguments.out)


if __name__ == "__main__":
    main()
