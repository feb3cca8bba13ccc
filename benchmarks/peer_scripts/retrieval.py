"""Measures rankings with ir_measures.

    python -m benchmarks.peer_scripts.retrieval in.json out.json

It runs in an environment of its own. The input has `measures`, `run` (the ranked turns of each
question) and `evidence` (the turns that are relevant to each question).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Measure, and write the values and the CPU seconds."""
    import ir_measures  # type: ignore[import-not-found]

    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    measures = [ir_measures.parse_measure(name) for name in given["measures"]]
    ir_measures.calc_aggregate(measures, {"q": {"t": 1}}, {"q": {"t": 1.0}})
    start = time.process_time()
    qrels = {name: dict.fromkeys(turns, 1) for name, turns in given["evidence"].items()}
    run = {
        name: {turn: float(-place) for place, turn in enumerate(turns)}
        for name, turns in given["run"].items()
        if name in qrels
    }
    found = ir_measures.calc_aggregate(measures, qrels, run)
    seconds = time.process_time() - start
    values = {str(measure): value for measure, value in found.items()}
    Path(sys.argv[2]).write_text(json.dumps({"values": values, "cpu_s": seconds}), encoding="utf-8")


if __name__ == "__main__":
    main()
