"""Measure what switching from one expert to another over one base model costs.

    python -m benchmarks.expert_switch [--layers 26] [--hidden 512] [--rank 16] [--rounds 15]

A Gemma2 with random weights (26 layers, like Gemma2-2B) has MemLoRA's three experts: two on query
and value projections, one on all linear layers, which makes 182 layers with adapters. The output is
the CPU milliseconds of one switch, and the ratio to the toolkit's own:

switch          what `ExpertsModel` does
set_adapter     peft's method
load            delete one adapter and load the next from its files
merge           unmerge one adapter from the base model's weights and merge the next
mixed           extra cost of a forward pass over rows of several experts, which needs no switch
hooks           cost of starting a batch of several experts, once for all its tokens

Loading and merging grow with the model's width; the switch does not. Needs the extra `test`.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.results import Result, benchmark, not_measured
from locomo_vqa.models.experts import find_experts
from locomo_vqa.models.experts_local import ExpertsModel
from locomo_vqa.models.names import parse_name

ATTENTION = r".*layers\.\d+\.self_attn\.(q|v)_proj"
EVERYTHING = r".*layers\.\d+\.(self_attn|mlp)\.(q|k|v|o|gate|up|down)_proj"
TARGETS = {"extraction": ATTENTION, "memory_update": ATTENTION, "generation": EVERYTHING}
NAMES = tuple(TARGETS)
ROWS, LENGTH = 6, 32
MOST_MS = 1.0


def make(folder: Path, *, layers: int, hidden: int, rank: int) -> ExpertsModel:
    """Save a base model and its experts with random weights, and open them."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Gemma2Config, Gemma2ForCausalLM

    from tests.core.models.tiny_model import TEMPLATE, make_tokenizer

    torch.set_num_threads(1)
    tokenizer = make_tokenizer()
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder / "base")
    config = Gemma2Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=4 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=8,
        num_key_value_heads=4,
        head_dim=hidden // 8,
        query_pre_attn_scalar=hidden // 8,
    )
    base: Any = Gemma2ForCausalLM(config)
    base.save_pretrained(folder / "base")
    for name, target in TARGETS.items():
        lora = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=target)
        adapted: Any = get_peft_model(base, lora)
        for key, weight in adapted.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(weight, std=0.02)
        adapted.save_pretrained(folder / "experts" / name)
        base = adapted.unload()
    spec = parse_name(f"transformers:{folder / 'base'}?threads=1&device=cpu&dtype=float32")
    return ExpertsModel(spec, find_experts(folder / "experts", NAMES))


def cpu_ms(work: Callable[[str, str], object], rounds: int) -> float:
    """Return the median CPU milliseconds of a switch from one expert to another."""
    times = []
    for number in range(rounds):
        before, after = NAMES[number % len(NAMES)], NAMES[(number + 1) % len(NAMES)]
        begun = time.process_time()
        work(before, after)
        times.append((time.process_time() - begun) * 1000)
    return statistics.median(times)


def times_of(model: ExpertsModel, folder: Path, rounds: int) -> Mapping[str, float]:
    """Return the milliseconds of each method."""
    import torch

    adapted = model._model
    ids = torch.randint(0, 256, (ROWS, LENGTH))

    def load(before: str, after: str) -> None:
        adapted.delete_adapter(after)
        adapted.load_adapter(str(folder / "experts" / after), after, torch_device="cpu")
        adapted.set_adapter(after)

    def merge(before: str, after: str) -> None:
        adapted.unmerge_adapter()
        adapted.merge_adapter([after])

    def hooks(before: str, after: str) -> None:
        with adapted._enable_peft_forward_hooks(adapter_names=[before, after]):
            pass

    def mixed(before: str, after: str) -> None:
        adapted(input_ids=ids, adapter_names=list(NAMES) * (ROWS // len(NAMES)))

    def uniform(before: str, after: str) -> None:
        adapted(input_ids=ids)

    found = {"switch": cpu_ms(lambda _, after: model._switch(after), rounds)}
    found["set_adapter"] = cpu_ms(
        lambda _, after: adapted.base_model.set_adapter(after, inference_mode=True), rounds
    )
    with torch.inference_mode():
        uniform("", "")
        plain, several = cpu_ms(uniform, rounds), cpu_ms(mixed, rounds)
    found["hooks"] = cpu_ms(hooks, rounds)
    found["mixed"] = several - plain - found["hooks"]
    with torch.no_grad():
        merge("", NAMES[0])
        found["merge"] = cpu_ms(merge, rounds)
        adapted.unmerge_adapter()
    found["load"] = cpu_ms(load, rounds)
    return {**found, "forward": plain}


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("layers", 26), ("hidden", 512), ("rank", 16), ("rounds", 15)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser


def measure(options: argparse.Namespace) -> list[Result]:
    """Switch in each way."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    what = f"one switch of the expert, {options.layers} layers of width {options.hidden}"
    if any(importlib.util.find_spec(name) is None for name in ("torch", "peft", "transformers")):
        reason = "the extra `test` is not installed"
        return [not_measured(what, "peft", f"less than {MOST_MS:g} ms", reason)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = make(folder, layers=options.layers, hidden=options.hidden, rank=options.rank)
        found = times_of(model, folder, options.rounds)
    for method in ("switch", "set_adapter", "merge", "load", "hooks", "mixed"):
        print(f"{method:12} {found[method]:9.3f} ms {found[method] / found['switch']:9.1f} x")
    words = f"{ROWS} rows of {LENGTH} tokens"
    print(f"a forward pass of {words} over one expert: {found['forward']:.1f} ms")
    return [_result(what, name, found) for name in ("load", "merge", "set_adapter")]


def _result(what: str, name: str, found: Mapping[str, float]) -> Result:
    peers = {
        "load": "delete one adapter and load the next",
        "merge": "unmerge one adapter and merge the next",
        "set_adapter": "peft's set_adapter",
    }
    switch, their = found["switch"], found[name]
    return Result(
        what=what,
        peer=peers[name],
        reach=f"less than {MOST_MS:g} ms",
        measured=f"{switch:.2f} ms, {their / switch:,.1f} × faster",
        met=switch < MOST_MS,
        cpu_s={"ours": switch / 1000, "peer": their / 1000},
    )


if __name__ == "__main__":
    benchmark(make_parser(), measure)
