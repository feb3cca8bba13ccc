"""Make the sample that the package ships: `python scripts/make_sample.py`.

Replaces `locomo_vqa/sample/data/`: `locomo.json` in LoCoMo's layout, `scenes.jsonl` with the truth
of every image, and the benchmark folder. The same seed and the same version of Pillow give the same
bytes; commit the result only when the sample is meant to change, because its revision changes too.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from locomo_vqa.builders.sample.benchmark import write_sample_benchmark
from locomo_vqa.builders.sample.generate import write_sample

DATA = Path(__file__).parent.parent / "locomo_vqa" / "sample" / "data"


def main() -> None:
    """Replace the existing sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DATA, help="folder to replace")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    shutil.rmtree(arguments.out, ignore_errors=True)
    arguments.out.mkdir(parents=True)
    write_sample(arguments.out, seed=arguments.seed)
    shutil.rmtree(arguments.out / "images")
    revision = write_sample_benchmark(arguments.out / "benchmark", seed=arguments.seed)
    print(f"Wrote {arguments.out}, revision {revision}")


if __name__ == "__main__":
    main()
