"""Trains the embedded models from scratch: `python scripts/train_embedded.py large small`.

Needs the `models` extra; a GPU is not needed. Each size writes its checkpoint, its graph and its
measurements to `locomo_vqa/models/embedded/<size>/`. The same seed and the same versions give
nearly the same weights; commit them only when the models are meant to change.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from torch import distributed, multiprocessing

sys.path.insert(0, str(Path(__file__).parent.parent))

from locomo_vqa.builders.sample.scenes import Scene
from locomo_vqa.models.embedded import EmbeddedModel, Size
from locomo_vqa.models.embedded.weights import read_bf16_header
from scripts.embedded.architecture import make_model, token_order
from scripts.embedded.beginning import look_at_neighbours
from scripts.embedded.card import write_card
from scripts.embedded.dense import Probe
from scripts.embedded.export import export
from scripts.embedded.images import draw_many
from scripts.embedded.measure import measure
from scripts.embedded.stages import Plan, Pool, look, talk, watch
from scripts.embedded.tokenizer import make_tokenizer

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "locomo_vqa" / "models" / "embedded"

PLANS: dict[Size, Plan] = {
    "large": Plan(watch_steps=1500, watch_batch=32, talk_steps=800, talk_batch=32),
    "small": Plan(watch_steps=150, watch_batch=32, talk_steps=300, talk_batch=32),
}


LOOKS = 1
"""How often each process looks at each picture before the second stage, moved and with noise."""


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def train(size: Size, arguments: argparse.Namespace) -> Path:
    """Train one model, in several processes if so asked, and return the file of its weights."""
    _pictures(arguments)
    multiprocessing.spawn(_work, (size, arguments), nprocs=arguments.processes)
    return _weights(size, arguments)


def _weights(size: Size, arguments: argparse.Namespace) -> Path:
    return Path(arguments.work) / f"{size}.pt"


def _work(rank: int, size: Size, arguments: argparse.Namespace) -> None:
    """One process's share of training; gradients are averaged after every step."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    if arguments.processes > 1:
        meeting = f"file://{arguments.work.resolve() / f'{size}-{os.getppid()}.meeting'}"
        distributed.init_process_group("gloo", meeting, None, arguments.processes, rank)
    tell = say if rank == 0 else _silent
    tokenizer = make_tokenizer()
    model, plan = make_model(size, tokenizer), PLANS[size].shared(arguments.processes)
    if size == "large":
        look_at_neighbours(model)
    model.set_attn_implementation("eager")
    probe = Probe(model.config.text_config.hidden_size)
    parameters = sum(each.numel() for each in model.parameters())
    tell(f"{size}: {parameters} parameters, {tokenizer.get_vocab_size()} tokens")
    scenes, pixels = _pictures(arguments)
    pool = Pool(scenes, pixels, token_order(model))
    torch.manual_seed(arguments.seed + 1000 * rank + 1)
    seen = arguments.work / f"{size}-seen.pt"
    if arguments.reuse and seen.exists():
        states = torch.load(seen, weights_only=True)
        model.load_state_dict(states[0])
        probe.load_state_dict(states[1])
    else:
        watch(model, probe, pool, plan, tell)
        if rank == 0:
            torch.save((model.state_dict(), probe.state_dict()), seen)
    weights = _weights(size, arguments) if rank == 0 else None
    seed = arguments.seed + 1000 * rank + 7
    shown = look(model, pool, LOOKS, tell)
    talk(model, pool, shown, plan, tokenizer, seed=seed, say=tell, checkpoint=weights)


def _silent(text: str) -> None:
    """Say nothing."""


def _pictures(arguments: argparse.Namespace) -> tuple[list[Scene], np.ndarray]:
    """Draw the pictures, or take those that were drawn before in the same work folder."""
    file: Path = arguments.work / f"pictures-{arguments.pictures}-{arguments.seed}.npz"
    if file.exists():
        with np.load(file) as kept:
            return [Scene.from_dict(each) for each in json.loads(str(kept["scenes"]))], kept[
                "pixels"
            ]
    scenes, pixels = draw_many(arguments.pictures, arguments.seed + 1)
    np.savez(file, pixels=pixels, scenes=json.dumps([scene.to_dict() for scene in scenes]))
    return scenes, pixels


def _export(size: Size, weights: Path, folder: Path) -> None:
    tokenizer = make_tokenizer()
    model = make_model(size, tokenizer)
    model.load_state_dict(torch.load(weights, weights_only=True))
    export(model, tokenizer, folder)


def _measure(size: Size, folder: Path) -> None:
    """Print what a model can do, and write it next to the model, where the card takes it from."""
    lengths = [
        place.length // 2 for place in read_bf16_header(folder / "model.safetensors").values()
    ]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    figures = {
        "parameters": sum(lengths),
        "bytes": (folder / "model.safetensors").stat().st_size,
        "tokens": config["text_config"]["max_position_embeddings"],
        **measure(EmbeddedModel(size, folder=folder)),
    }
    text = json.dumps(figures, indent=2)
    say(text)
    (folder / "measured.json").write_text(f"{text}\n", encoding="utf-8")


def main() -> None:
    """Train, export and measure the sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="+", choices=("large", "small"))
    parser.add_argument("--work", type=Path, default=Path("embedded-training"))
    parser.add_argument("--out", type=Path, default=MODELS, help="the folder of both models")
    parser.add_argument("--pictures", type=int, default=16_000)
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reuse", action="store_true", help="keep the first stage's result")
    parser.add_argument("--measure", action="store_true", help="only measure what is there")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for size in arguments.sizes:
        if not arguments.measure:
            weights = train(size, arguments)
            _export(size, weights, arguments.out / size)
        _measure(size, arguments.out / size)
    write_card(arguments.out)


if __name__ == "__main__":
    main()
