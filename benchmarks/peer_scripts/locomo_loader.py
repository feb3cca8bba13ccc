"""Loads LoCoMo's file with benchd-harness.

    python -m benchmarks.peer_scripts.locomo_loader in.json out.json

It runs in an environment of its own. The input is the file's path.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Load, and write the CPU seconds and the number of questions."""
    from benchd_harness.benchmarks.locomo import LoCoMoBenchmark  # type: ignore[import-not-found]

    path = Path(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    start = time.process_time()
    items = LoCoMoBenchmark(data_path=path).load_items()
    seconds = time.process_time() - start
    found = {"cpu_s": seconds, "questions": len(items)}
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
