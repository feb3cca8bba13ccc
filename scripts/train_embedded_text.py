"""Train the embedded text model from scratch: `python scripts/train_embedded_text.py`.

Needs the `train` extra, but no GPU. Repeat the command to continue after an interruption. Writes
the checkpoint, its graphs, its figures, a record of the training and the card to
`locomo_vqa/models/embedded/`.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
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
from scripts.embedded.training import MODELS, print_line, write_figures

NAME = "text-large"
STEPS, TOKENS = 20_000, 2560


def train(tokenizer: Tokenizer, plan: TextPlan, seed: int, work: Path) -> Qwen2ForCausalLM:
    """Train a new model, and write a record of how long it took to `work`."""
    torch.manual_seed(seed)
    model = make_text_model(tokenizer)
    print_line(f"{sum(each.numel() for each in model.parameters())} parameters")
    done = train_text_model(
        model, tokenizer, plan, seed=seed + 7, log=print_line, checkpoint=work / f"{NAME}.pt"
    )
    record = {
        "steps": done.steps,
        "tokens a step": plan.tokens,
        "seed": seed,
        "threads": torch.get_num_threads(),
        "minutes": round(done.seconds / 60, 1),
        "processor minutes": round(done.processor_seconds / 60, 1),
        "processor": platform.machine(),
        "torch": torch.__version__,
    }
    _record(work).write_text(f"{json.dumps(record, indent=2)}\n", encoding="utf-8")
    return model


def _record(work: Path) -> Path:
    return work / f"{NAME}.json"


def export(model: Qwen2ForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """Write weights in bf16, configuration, tokenizer and graphs."""
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
    """Make the model and its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("embedded-training"))
    parser.add_argument("--out", type=Path, default=MODELS, help="folder of all models")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--minutes", type=float, help="train for about as long, in fewer steps")
    parser.add_argument("--tokens", type=int, default=TOKENS, help="tokens a step")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--export", action="store_true", help="only export what was trained last")
    parser.add_argument("--card", action="store_true", help="only write the card again")
    arguments = parser.parse_args()
    if not arguments.card:
        _make(arguments)
    write_text_card(arguments.out)


def _make(arguments: argparse.Namespace) -> None:
    """Train, export and measure."""
    arguments.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    tokenizer = make_text_tokenizer()
    if arguments.export:
        model = make_text_model(tokenizer)
        saved = torch.load(arguments.work / f"{NAME}.pt", weights_only=True)
        model.load_state_dict(saved["model"])
    else:
        plan = TextPlan(arguments.steps, arguments.tokens, arguments.minutes)
        model = train(tokenizer, plan, arguments.seed, arguments.work)
    folder = arguments.out / NAME
    export(model, tokenizer, folder)
    training: dict[str, Any] = json.loads(_record(arguments.work).read_text(encoding="utf-8"))
    measured = measure_text(EmbeddedModel(NAME, folder=folder))
    write_figures(folder, {**measured, "training": training})


if __name__ == "__main__":
    main()
