"""Builds the sample's data set with embedded models: `python examples/build_dataset.py`.

For LoCoMo, give `lv.build` the recipe "paper", `locomo="locomo10.json"`, and your models.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import locomo_vqa as lv


def main(folder: Path) -> None:
    """Build in `folder`, and print the chosen types, the losses and the result."""
    build = lv.build("sample", work=folder / "work", out=folder / "benchmark")
    if build.selection is not None:
        for result in build.selection.results:
            kept = "kept" if result.selected else ""
            print(
                f"{result.type:15} {result.error_rate:4.0%} of {result.n} answered wrongly {kept}"
            )
    if build.losses is not None:
        print("images:", dict(build.losses.by_state))
    print(build.benchmark)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
