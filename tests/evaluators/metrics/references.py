"""What L's parts are compared with, and texts to compare them on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

OWN_PAIRS = [
    ("Lisbon", "lisbon"),
    ("She moved to Porto in May 2023.", "In May 2023"),
    ("  a red bicycle \n", "her old bike, painted red"),
    ("I don't know", "7"),
    ("naïve café, 東京, 9,5 %", "😀 №"),
    ("tennis", "tennis"),
    ("They never went hiking; the trail was closed after the storm, so they baked bread.", "no"),
    ("[SEP] [CLS]", "a text with special tokens"),
    ("The walk began at the old mill and went along the river. " * 45, "along the river"),
]
"""Sentences of our own; the last prediction has more than 512 tokens."""

NEGATIVE = ("No memory about Maria's news on 16 June 2023.", "joined a gym")
"""Some token's best similarity is negative, so that padding with 0 changes BERTScore."""

Pairs = Sequence[tuple[str, str]]


def bert_score_values(pairs: Pairs, model: Path, layers: int, batch_size: int = 1) -> list[float]:
    """BERTScore F1 by bert-score, in batches of one pair unless asked otherwise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries say while they are imported
        import torch
        from bert_score import BERTScorer  # type: ignore[import-untyped]

        torch.set_num_threads(1)
        scorer = BERTScorer(model_type=str(model), num_layers=layers, device="cpu")
        predictions, golds = (list(texts) for texts in zip(*pairs, strict=True))
        values: list[float] = scorer.score(predictions, golds, batch_size=batch_size)[2].tolist()
    return values


def sentence_transformers_values(pairs: Pairs, model: Path) -> list[float]:
    """Cosines by sentence-transformers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from sentence_transformers import SentenceTransformer, util

        torch.set_num_threads(1)
        sentences = SentenceTransformer(str(model), device="cpu")
        left, right = (
            sentences.encode(list(texts), convert_to_tensor=True, show_progress_bar=False)
            for texts in zip(*pairs, strict=True)
        )
    values: list[float] = util.pairwise_cos_sim(left, right).tolist()
    return values
