"""Train the embedded text models: `python scripts/train_embedded_text.py text-large text-small`.

Needs the `train` extra, but no GPU. Each writes its checkpoint, its graph and its figures to
`locomo_vqa/models/embedded/<name>/`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

import torch
from tokenizers import Tokenizer
from torch import multiprocessing
from transformers import PreTrainedTokenizerFast, Qwen2ForCausalLM

sys.path.insert(0, str(Path(__file__).parent.parent))

from locomo_vqa.models.embedded import EmbeddedModel
from scripts.embedded.export import CHAT
from scripts.embedded.graphs import write_graphs
from scripts.embedded.text_card import write_text_card
from scripts.embedded.text_learning import TextPlan, train_text_model
from scripts.embedded.text_measure import measure_text
from scripts.embedded.text_model import make_text_model, make_text_tokenizer
from scripts.embedded.tokenizer import END, PAD
from scripts.embedded.training import (
    MODELS,
    ignore_line,
    join_processes,
    print_line,
    write_figures,
)

Name = Literal["text-large", "text-small"]

PLANS: dict[Name, TextPlan] = {
    "text-large": TextPlan(steps=5000, tokens=4096),
    "text-small": TextPlan(steps=900, tokens=4096),
}


def _tokenizer(file: Path) -> Tokenizer:
    """Return the tokenizer of both models; train it if the file does not exist."""
    if not file.exists():
        make_text_tokenizer().save(str(file))
    return Tokenizer.from_file(str(file))


def _model(name: Name, tokenizer: Tokenizer) -> Qwen2ForCausalLM:
    return make_text_model("large" if name == "text-large" else "small", tokenizer)


def _train_share(rank: int, name: Name, arguments: argparse.Namespace) -> None:
    """Do one process's share of training."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    join_processes(arguments.work, name, arguments.processes, rank)
    tokenizer = Tokenizer.from_file(str(arguments.work / "tokenizer.json"))
    model = _model(name, tokenizer)
    plan = PLANS[name]
    if arguments.reuse:
        model.load_state_dict(torch.load(_weights(name, arguments), weights_only=True))
        plan = replace(plan, steps=arguments.steps or plan.steps, reading_part=0.0)
    first = rank == 0
    if first:
        print_line(f"{name}: {sum(each.numel() for each in model.parameters())} parameters")
    train_text_model(
        model,
        tokenizer,
        plan,
        seed=arguments.seed + 1000 * rank + 7,
        processes=arguments.processes,
        log=print_line if first else ignore_line,
        checkpoint=_weights(name, arguments) if first else None,
    )


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


def main() -> None:
    """Train, export and measure the given models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=tuple(PLANS))
    parser.add_argument("--work", type=Path, default=Path("embedded-training"))
    parser.add_argument("--out", type=Path, default=MODELS, help="folder of all models")
    parser.add_argument("--threads", type=int, default=1, help="threads of each process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reuse", action="store_true", help="continue from the weights in --work")
    parser.add_argument("--steps", type=int, help="with --reuse, the number of further steps")
    parser.add_argument(
        "--measure", action="store_true", help="measure existing models, train nothing"
    )
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for name in arguments.names:
        if not arguments.measure:
            tokenizer = _tokenizer(arguments.work / "tokenizer.json")
            multiprocessing.spawn(_train_share, (name, arguments), nprocs=arguments.processes)
            _export(name, tokenizer, _weights(name, arguments), arguments.out / name)
        folder = arguments.out / name
        write_figures(folder, measure_text(EmbeddedModel(name, folder=folder)))
    write_text_card(arguments.out)


if __name__ == "__main__":
    main()
