"""Compare measuring retrieval with ir_measures, over pytrec_eval, on all of LoCoMo's questions.

    python -m benchmarks.retrieval [--locomo locomo10.json] [--rounds 5]

The rankings are those of `benchmarks.retrieval_bm25`, with up to 50 turns for each question. Both
sides start from Python objects. The toolkit measures any, complete, fraction and nDCG at 1, 5, 10,
20 and 50, of turns and of sessions, overall and by category, with intervals; the peer Success,
recall and nDCG of turns, from the evidence as the toolkit reads it. Shared figures must be equal,
and what the first call loads doesn't count. Without `--locomo`, a file of LoCoMo's size
is invented.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.invented_locomo import find_locomo
from benchmarks.measuring import in_process, measured
from benchmarks.peers import PeerMissing, environment, run_script
from benchmarks.results import Result, benchmark, not_measured
from benchmarks.retrieval_bm25 import CUTOFFS, rankings

PEER = "ir_measures 0.4.3"
SHARED = {"any": "Success", "fraction": "R", "ndcg": "nDCG"}
LIMIT_S = 1.0


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--locomo", type=Path, help="LoCoMo's file")
    parser.add_argument("--rounds", type=int, default=5, help="times that both sides measure")
    return parser


def score(locomo: Path, retrieved: Mapping[str, list[str]]) -> dict[str, Any]:
    """Measure with the toolkit in this process."""
    import locomo_vqa as lv
    from locomo_vqa.evaluators.retrieval.evidence import find_evidence
    from locomo_vqa.evaluators.retrieval.table import measure_retrieval
    from locomo_vqa.evaluators.scoring.given import given_predictions

    with tempfile.TemporaryDirectory() as folder:
        lv.import_locomo(locomo, out=Path(folder) / "locomo")
        loaded = lv.load_benchmark(Path(folder) / "locomo")
    given = given_predictions(retrieved, loaded)
    measure_retrieval(given.predictions, loaded, split="all")  # loads what the first call loads
    found, cost = measured(lambda: measure_retrieval(given.predictions, loaded, split="all"))
    values = {
        f"{theirs}@{k}": found.value(ours, k, group="all")  # type: ignore[arg-type]
        for ours, theirs in SHARED.items()
        for k in CUTOFFS
    }
    evidence = {name: list(one.turns) for name, one in find_evidence(loaded).by_question.items()}
    return {"values": values, "cpu_s": cost.cpu_s, "evidence": evidence}


def measure(options: argparse.Namespace) -> list[Result]:
    """Run both sides in turns."""
    with tempfile.TemporaryDirectory() as folder:
        locomo, name = find_locomo(options.locomo, Path(folder))
        samples = json.loads(locomo.read_text(encoding="utf-8"))
        ranked = list(rankings(samples, "speaker", "no stop words"))
        retrieved = {question: turns for _, question, turns, _ in ranked}
        ours = [in_process(score, locomo, retrieved) for _ in range(options.rounds)]
        what = f"R of {len(ours[0]['evidence']):,} questions of {name}"
        own = median(one["cpu_s"] for one in ours)
        alone = Result(
            what=f"{what}, 200 figures with intervals",
            peer="a second",
            reach=f"less than {LIMIT_S:g} s of CPU time",
            measured=f"{own:.2f} s",
            met=own < LIMIT_S,
            cpu_s={"ours": own},
        )
        try:
            python = environment("ir_measures==0.4.3", "pytrec_eval-terrier==0.5.11")
        except PeerMissing as error:
            return [alone, not_measured(what, PEER, "no more CPU", str(error))]
        given = {
            "measures": list(ours[0]["values"]),
            "run": retrieved,
            "evidence": ours[0]["evidence"],
        }
        theirs = [run_script(python, "retrieval", given)[0] for _ in range(options.rounds)]
    return [alone, *compared(what, ours, theirs)]


def compared(what: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[Result]:
    """Return the results of both sides."""
    own, their = (median(one["cpu_s"] for one in side) for side in (ours, theirs))
    difference = max(
        abs(value / 100 - theirs[0]["values"][name]) for name, value in ours[0]["values"].items()
    )
    figures = len(ours[0]["values"])
    return [
        Result(
            what=f"{what}, 200 figures with intervals beside {figures} without",
            peer=PEER,
            reach="no more CPU a figure",
            measured=f"{their / figures / (own / 200):.1f} × a figure, {their / own:.1f} × in all",
            met=their / figures >= own / 200,
            cpu_s={"ours": own, "peer": their},
        ),
        Result(
            what=f"{what}, largest difference of {figures} figures",
            peer=PEER,
            reach="at most 1e-05",
            measured=f"{difference:.0e}",
            met=difference <= 1e-5,
        ),
    ]


if __name__ == "__main__":
    benchmark(make_parser(), measure)
