"""Scores rows one by one with rouge-score, NLTK, and the F1 of Mem0's code base.

    python -m benchmarks.peer_scripts.text_scores in.json out.json

It runs in an environment of its own and imports nothing of the toolkit. The input has `rows` (pairs
of prediction and gold answer), `metrics`, `abbreviations` for NLTK's splitter of sentences, and
`wordnet`, a folder for a copy of WordNet. The output has the values and CPU seconds by metric.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.nltk_wordnet import build_corpus

Score = Callable[[str, str], float]


def rouge1() -> Score:
    """Return ROUGE-1 of rouge-score."""
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

    scorer = RougeScorer(["rouge1"], use_stemmer=True)
    return lambda prediction, gold: float(scorer.score(gold, prediction)["rouge1"].fmeasure)


def bleu1(abbreviations: Sequence[str]) -> Score:
    """Return BLEU-1 of NLTK, with a list of abbreviations instead of Punkt's model."""
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
    parameters.abbrev_types = set(abbreviations)
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


def meteor(folder: Path) -> Score:
    """Return METEOR of NLTK, with a copy of WordNet in `folder`."""
    import nltk  # type: ignore[import-untyped]
    from nltk.corpus.reader.wordnet import WordNetCorpusReader  # type: ignore[import-untyped]
    from nltk.translate.meteor_score import meteor_score  # type: ignore[import-untyped]

    if not folder.exists():
        build_corpus(folder)
    nltk.data.path[:] = [str(folder)]
    wordnet = WordNetCorpusReader(nltk.data.find("corpora/wordnet"), None)
    return lambda prediction, gold: float(
        meteor_score([gold.split()], prediction.split(), wordnet=wordnet)
    )


def f1(prediction: str, gold: str) -> float:
    """Return F1 as Mem0's code base defines it: a chain of replacements, and two sets."""

    def words(text: str) -> set[str]:
        text = str(text).lower()
        for mark in ".,!?":
            text = text.replace(mark, " ")
        return set(text.split())

    predicted, expected = words(prediction), words(gold)
    if not predicted or not expected:
        return 0.0
    common = len(predicted & expected)
    precision, recall = common / len(predicted), common / len(expected)
    return 2 * precision * recall / (precision + recall) if common else 0.0


def open_score(metric: str, given: dict[str, Any]) -> Score:
    """Return the function of a metric."""
    if metric == "rouge1":
        return rouge1()
    if metric == "bleu1":
        return bleu1(given["abbreviations"])
    return meteor(Path(given["wordnet"])) if metric == "meteor" else f1


def main() -> None:
    """Score, and write the values and CPU seconds by metric."""
    warnings.simplefilter("ignore")  # NLTK warns of missing languages and of empty n-gram orders
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = {}
    for metric in given["metrics"]:
        score = open_score(metric, given)
        score(*given["rows"][0])  # loads what the first call loads
        start = time.process_time()
        values = [score(prediction, gold) for prediction, gold in given["rows"]]
        found[metric] = {"values": values, "cpu_s": time.process_time() - start}
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
