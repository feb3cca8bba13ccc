"""Time how long the toolkit takes to measure the retrieval of all of LoCoMo's questions.

python benchmarks/retrieval_bm25.py locomo10.json --out rankings.jsonl
python -m benchmarks.retrieval locomo10.json rankings.jsonl
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import locomo_vqa as lv
from locomo_vqa.evaluators.retrieval.table import measure_retrieval
from locomo_vqa.evaluators.scoring.given import given_predictions

_LIMIT_S = 1.0


def main() -> None:
    """Print the figures at 10, and the seconds of CPU time; exit with 1 above one second."""
    locomo, rankings = map(Path, sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        lv.import_locomo(locomo, out=Path(folder) / "locomo")
        benchmark = lv.load_benchmark(Path(folder) / "locomo")
    lines = map(json.loads, rankings.read_text(encoding="utf-8").splitlines())
    given = given_predictions({row["question_id"]: row["retrieved"] for row in lines}, benchmark)
    start = time.process_time()
    found = measure_retrieval(given.predictions, benchmark, split="all")
    took = time.process_time() - start
    for group in ("all", "1", "2", "3", "4"):
        values = (found.value(name, 10, group=group) for name in ("any", "complete", "fraction"))
        print(group, *(f"{value:.1f}" for value in values if value is not None))
    print(f"{len(found.ranks):,} questions in {took:.2f} s of CPU time")
    sys.exit(took > _LIMIT_S)


if __name__ == "__main__":
    main()
