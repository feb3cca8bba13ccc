"""Compare the toolkit's text metrics with the implementations whose values they equal, row by row.

ROUGE-1 is compared with rouge-score, METEOR and BLEU-1 with NLTK, F1 with the definition in Mem0's
code base. The output is the CPU seconds of both sides in one run, their ratio, and the largest
difference. METEOR's peer needs Debian's package wordnet-base and is skipped without it; BLEU-1's
peer uses the toolkit's abbreviations instead of Punkt's model.

Example:

    python benchmarks/text_metrics.py predictions.json

A predictions file is JSON: rows with `answer` (gold) and `response` (prediction), in a list or in
lists by conversation. Without a file, sentences are generated.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from nltk_wordnet import build_corpus, is_installed

from locomo_vqa.evaluators.metrics import get_metric
from locomo_vqa.evaluators.metrics.sentences import ABBREVIATIONS

Score = Callable[[str, str], float]
Rows = list[tuple[str, str]]

VOCABULARY = (
    "she he they bought purchased a the new old car automobile guitar in on May June 2023 with her "
    "his family friends after before trip hiking painting Lisbon lake happy glad children kids "
    "started began running a picture photo of sunset"
)


def read_rows(path: Path) -> Rows:
    """Return pairs of prediction and gold answer."""
    data = json.loads(path.read_text(encoding="utf-8"))
    groups = data.values() if isinstance(data, dict) else [data]
    return [(str(row["response"]), str(row["answer"])) for rows in groups for row in rows]


def invent_rows(count: int) -> Rows:
    """Return pairs of generated sentences, always the same ones."""
    rng = random.Random(0)
    words = VOCABULARY.split()

    def sentence(most: int) -> str:
        return " ".join(rng.choices(words, k=rng.randint(1, most))) + "."

    return [(sentence(20), sentence(10)) for _ in range(count)]


def rouge_score_peer() -> Score:
    """Return ROUGE-1 of rouge-score."""
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

    scorer = RougeScorer(["rouge1"], use_stemmer=True)
    return lambda prediction, gold: float(scorer.score(gold, prediction)["rouge1"].fmeasure)


def nltk_bleu_peer() -> Score:
    """Return BLEU-1 of NLTK, with the toolkit's abbreviations instead of Punkt's model."""
    from nltk.tokenize import word_tokenize  # type: ignore[import-untyped]
    from nltk.tokenize.punkt import (  # type: ignore[import-untyped]
        PunktParameters,
        PunktSentenceTokenizer,
    )
    from nltk.translate.bleu_score import (  # type: ignore[import-untyped]
        SmoothingFunction,
        sentence_bleu,
    )

    parameters = PunktParameters()
    parameters.abbrev_types = set(ABBREVIATIONS)
    punkt = PunktSentenceTokenizer(parameters)
    smoothing = SmoothingFunction().method1

    def tokens(text: str) -> list[str]:
        parts = punkt.tokenize(text.lower())
        return [token for part in parts for token in word_tokenize(part, preserve_line=True)]

    def score(prediction: str, gold: str) -> float:
        weights = (1, 0, 0, 0)
        return float(
            sentence_bleu([tokens(gold)], tokens(prediction), weights, smoothing_function=smoothing)
        )

    return score


def nltk_meteor_peer(folder: Path) -> Score:
    """Return METEOR of NLTK, with a copy of WordNet in `folder`."""
    import nltk  # type: ignore[import-untyped]
    from nltk.corpus.reader.wordnet import WordNetCorpusReader  # type: ignore[import-untyped]
    from nltk.translate.meteor_score import meteor_score  # type: ignore[import-untyped]

    build_corpus(folder)
    nltk.data.path[:] = [str(folder)]
    wordnet = WordNetCorpusReader(nltk.data.find("corpora/wordnet"), None)
    return lambda prediction, gold: float(
        meteor_score([gold.split()], prediction.split(), wordnet=wordnet)
    )


def mem0_f1_peer(prediction: str, gold: str) -> float:
    """Return F1 computed by a chain of replacements and two sets."""

    def words(text: str) -> set[str]:
        for mark in ".,!?":
            text = text.lower().replace(mark, " ")
        return set(text.split())

    predicted, expected = words(prediction), words(gold)
    if not predicted or not expected:
        return 0.0
    common = len(predicted & expected)
    precision, recall = common / len(predicted), common / len(expected)
    return 2 * precision * recall / (precision + recall) if common else 0.0


def timed(score: Score, rows: Rows) -> tuple[list[float], float]:
    """Return the values and the CPU seconds, first calls included."""
    start = time.process_time()
    values = [score(prediction, gold) for prediction, gold in rows]
    return values, time.process_time() - start


def compare(name: str, peer: Score, rows: Rows) -> None:
    """Print one line: CPU seconds of both sides, the ratio and the largest difference."""
    ours, our_seconds = timed(get_metric(name).score, rows)
    theirs, their_seconds = timed(peer, rows)
    difference = max((abs(a - b) for a, b in zip(ours, theirs, strict=True)), default=0.0)
    ratio = their_seconds / our_seconds
    print(f"{name:8}{our_seconds:10.3f}{their_seconds:10.3f}{ratio:9.1f}{difference:14.1e}")


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(
        description="Compare our text metrics with rouge-score and NLTK.",
        epilog="Example: python benchmarks/text_metrics.py predictions.json",
    )
    parser.add_argument("predictions", nargs="?", type=Path, help="JSON with answer and response")
    parser.add_argument("--rows", type=int, default=2_000, help="number of rows to generate")
    options = parser.parse_args()
    rows = read_rows(options.predictions) if options.predictions else invent_rows(options.rows)
    warnings.simplefilter("ignore")  # NLTK warns of missing languages and of empty n-gram orders
    peers: dict[str, Score] = {
        "rouge1": rouge_score_peer(),
        "bleu1": nltk_bleu_peer(),
        "f1": mem0_f1_peer,
    }
    with tempfile.TemporaryDirectory() as folder:
        if is_installed():
            peers["meteor"] = nltk_meteor_peer(Path(folder))
        print(f"{len(rows):,} rows, one thread; CPU seconds")
        print(f"{'metric':8}{'ours':>10}{'peer':>10}{'ratio':>9}{'difference':>14}")
        for name, peer in peers.items():
            compare(name, peer, rows)
    if "meteor" not in peers:
        print("METEOR was skipped: Debian's package wordnet-base is not installed.")


if __name__ == "__main__":
    main()
