"""Train the experts of `embedded:student`: `python scripts/train_sample_experts.py`.

They are trained by `distill memlora` on a sample of its own: the sample's world, drawn with another
seed, so that no conversation and no image of the package's sample is in their training. Needs the
`models` extra, but no GPU. Writes `locomo_vqa/models/embedded/student/experts/`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

sys.path.insert(0, str(Path(__file__).parent.parent))

import locomo_vqa as lv
from locomo_vqa.builders.sample.benchmark import write_sample_benchmark
from locomo_vqa.models import embedded
from locomo_vqa.models.experts import CONFIG, WEIGHTS

STUDENT, TEACHER = "embedded:student", "embedded:text-large"
SEED = 1
"""The seed of the training sample; the package's own sample has 0."""
OUT = Path(embedded.__file__).parent / "student" / "experts"
SPACE = Path(__file__).with_name("sample_experts.toml")


def main() -> None:
    """Draw the training sample, distil, and copy the chosen experts into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("sample-experts"))
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--conversations", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    begun = time.monotonic()
    benchmark = arguments.work / "benchmark"
    if not benchmark.exists():
        write_sample_benchmark(
            benchmark, seed=SEED, conversations=arguments.conversations, name="training-sample"
        )
    done = lv.distill_memlora(
        benchmark,
        student=f"{STUDENT}?threads={arguments.threads}",
        teacher=f"{TEACHER}?threads={arguments.threads}",
        out=arguments.work / "distilled",
        search_space=SPACE,
        vision_target="answer",
    )
    shutil.rmtree(arguments.out, ignore_errors=True)
    for adapter in sorted(done.experts.iterdir()):
        _copy(adapter, arguments.out / adapter.name)
    loaded = lv.load_benchmark(benchmark)
    record = {
        "benchmark": {"name": loaded.name, "revision": loaded.revision, "seed": SEED},
        "conversations": arguments.conversations,
        "student": STUDENT,
        "teacher": TEACHER,
        "minutes": round((time.monotonic() - begun) / 60, 1),
        **{name: value for name, value in done.to_json().items() if name != "out"},
    }
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    (arguments.out / "training.json").write_text(text, encoding="utf-8")


def _copy(adapter: Path, target: Path) -> None:
    """Copy an adapter with its weights in half precision."""
    target.mkdir(parents=True)
    shutil.copy(adapter / CONFIG, target / CONFIG)
    weights = load_file(adapter / WEIGHTS)
    half = {name: each.astype(np.float16) for name, each in weights.items()}
    save_file(half, target / WEIGHTS, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
