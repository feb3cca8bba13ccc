"""Compare the toolkit's text metrics with the implementations whose values they equal, row by row.

    python -m benchmarks.text_metrics [predictions.json …] [--rows 2000] [--rounds 3]

ROUGE-1 is compared with rouge-score, METEOR and BLEU-1 with NLTK, F1 with the definition in Mem0's
code base. Both sides score in processes of their own, in turns. METEOR's peer needs Debian's
package wordnet-base; BLEU-1's peer uses the toolkit's abbreviations instead of Punkt's model.
Without a file of predictions, sentences are generated.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.answers import Rows, rows_of
from benchmarks.measuring import in_process
from benchmarks.nltk_wordnet import is_installed
from benchmarks.peers import PeerMissing, environment, run_script
from benchmarks.results import Result, benchmark, less_cpu, not_measured

PEERS = {
    "rouge1": "rouge-score",
    "bleu1": "NLTK",
    "f1": "Mem0's function",
    "meteor": "NLTK",
}
CLOSE = 1e-5
Scored = dict[str, dict[str, Any]]


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("predictions", nargs="*", type=Path, help="JSON with answer and response")
    parser.add_argument("--rows", type=int, default=2_000, help="number of rows to score")
    parser.add_argument("--rounds", type=int, default=3, help="times that both sides score all")
    return parser


def score(rows: Rows, metrics: list[str]) -> Scored:
    """Score with the toolkit in this process."""
    from locomo_vqa.evaluators.metrics import get_metric

    found = {}
    for name in metrics:
        function = get_metric(name).score
        function(*rows[0])  # loads what the first call loads
        start = time.process_time()
        values = [function(prediction, gold) for prediction, gold in rows]
        found[name] = {"values": values, "cpu_s": time.process_time() - start}
    return found


def measure(options: argparse.Namespace) -> list[Result]:
    """Run both sides in turns."""
    from locomo_vqa.evaluators.metrics.sentences import ABBREVIATIONS

    rows = rows_of(options.predictions, options.rows)
    metrics = [name for name in PEERS if name != "meteor" or is_installed()]
    try:
        python = environment("nltk==3.10.4", "rouge-score==0.1.2")
    except PeerMissing as error:
        return [
            not_measured(name, peer, "equal values", str(error)) for name, peer in PEERS.items()
        ]
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        given = {
            "rows": rows,
            "metrics": metrics,
            "abbreviations": sorted(ABBREVIATIONS),
            "wordnet": str(Path(folder) / "nltk_data"),
        }
        for _ in range(options.rounds):
            ours.append(in_process(score, rows, metrics))
            theirs.append(run_script(python, "text_scores", given)[0])
    return [compared(name, peer, ours, theirs, len(rows)) for name, peer in PEERS.items()]


def compared(name: str, peer: str, ours: list[Scored], theirs: list[Scored], rows: int) -> Result:
    """Return the result of a metric."""
    what = f"{name} of {rows:,} rows, equal to {CLOSE:g}"
    if name not in ours[0]:
        reason = "Debian's package wordnet-base is not installed"
        return not_measured(what, peer, "equal values", reason)
    pairs = zip(ours[0][name]["values"], theirs[0][name]["values"], strict=True)
    difference = max((abs(a - b) for a, b in pairs), default=0.0)
    seconds = [median(one[name]["cpu_s"] for one in side) for side in (ours, theirs)]
    note = f", largest difference {difference:.0e}" if difference else ", equal"
    result = less_cpu(what, peer, *seconds, 1, note=note)
    return result if difference <= CLOSE else Result(**{**_fields(result), "met": False})


def _fields(result: Result) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(result)


if __name__ == "__main__":
    benchmark(make_parser(), measure)
