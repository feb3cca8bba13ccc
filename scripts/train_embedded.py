"""Train the embedded models from scratch: `python scripts/train_embedded.py large small`.

Needs the `train` extra, but no GPU. Each size writes its checkpoint, its graphs and its figures to
`locomo_vqa/models/embedded/<size>/`. The same seed and the same versions give nearly the same
weights; commit them only when the models are meant to change.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch import multiprocessing

sys.path.insert(0, str(Path(__file__).parent.parent))

from locomo_vqa.models.embedded import EmbeddedModel, Size
from scripts.embedded.architecture import make_model, token_order
from scripts.embedded.card import write_card
from scripts.embedded.dense import LinearHeads
from scripts.embedded.export import export
from scripts.embedded.images import load_or_draw
from scripts.embedded.measure import measure
from scripts.embedded.stages import (
    TrainingImages,
    TrainingPlan,
    encode_images,
    train_text,
    train_vision,
)
from scripts.embedded.tokenizer import make_tokenizer
from scripts.embedded.training import (
    MODELS,
    ignore_line,
    join_processes,
    print_line,
    write_figures,
)
from scripts.embedded.vision_start import attend_to_neighbours

PLANS: dict[Size, TrainingPlan] = {
    "large": TrainingPlan(vision_steps=1500, vision_batch=32, text_steps=800, text_batch=32),
    "small": TrainingPlan(vision_steps=150, vision_batch=32, text_steps=300, text_batch=32),
}

ENCODINGS = 1
"""How many times each process encodes each image before the second stage, with new jitter."""


def train(size: Size, arguments: argparse.Namespace) -> Path:
    """Train one model in `processes` processes and return the file of its weights."""
    load_or_draw(arguments.work, arguments.images, arguments.seed)
    multiprocessing.spawn(_train_share, (size, arguments), nprocs=arguments.processes)
    return _weights(size, arguments)


def _weights(size: Size, arguments: argparse.Namespace) -> Path:
    return Path(arguments.work) / f"{size}.pt"


def _train_share(rank: int, size: Size, arguments: argparse.Namespace) -> None:
    """Do one process's share of training; gradients are averaged after every step."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    join_processes(arguments.work, size, arguments.processes, rank)
    log = print_line if rank == 0 else ignore_line
    tokenizer = make_tokenizer()
    model, plan = make_model(size, tokenizer), PLANS[size].shared(arguments.processes)
    if size == "large":
        attend_to_neighbours(model)
    model.set_attn_implementation("eager")
    heads = LinearHeads(model.config.text_config.hidden_size)
    parameters = sum(each.numel() for each in model.parameters())
    log(f"{size}: {parameters} parameters, {tokenizer.get_vocab_size()} tokens")
    scenes, pixels = load_or_draw(arguments.work, arguments.images, arguments.seed)
    images = TrainingImages(scenes, pixels, token_order(model))
    torch.manual_seed(arguments.seed + 1000 * rank + 1)
    first_stage = arguments.work / f"{size}-vision.pt"
    if arguments.reuse and first_stage.exists():
        states = torch.load(first_stage, weights_only=True)
        model.load_state_dict(states[0])
        heads.load_state_dict(states[1])
    else:
        train_vision(model, heads, images, plan, log)
        if rank == 0:
            torch.save((model.state_dict(), heads.state_dict()), first_stage)
    weights = _weights(size, arguments) if rank == 0 else None
    seed = arguments.seed + 1000 * rank + 7
    encoded = encode_images(model, images, ENCODINGS, log)
    train_text(model, images, encoded, plan, tokenizer, seed=seed, log=log, checkpoint=weights)


def _export(size: Size, weights: Path, folder: Path) -> None:
    tokenizer = make_tokenizer()
    model = make_model(size, tokenizer)
    model.load_state_dict(torch.load(weights, weights_only=True))
    export(model, tokenizer, folder)


def main() -> None:
    """Train, export and measure the given sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="+", choices=("large", "small"))
    parser.add_argument("--work", type=Path, default=Path("embedded-training"))
    parser.add_argument("--out", type=Path, default=MODELS, help="folder of both models")
    parser.add_argument("--images", type=int, default=16_000)
    parser.add_argument("--threads", type=int, default=1, help="threads of each process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reuse", action="store_true", help="keep the first stage's result")
    parser.add_argument(
        "--measure", action="store_true", help="measure existing models, train nothing"
    )
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for size in arguments.sizes:
        if not arguments.measure:
            weights = train(size, arguments)
            _export(size, weights, arguments.out / size)
        folder = arguments.out / size
        write_figures(folder, measure(EmbeddedModel(size, folder=folder)))
    write_card(arguments.out)


if __name__ == "__main__":
    main()
