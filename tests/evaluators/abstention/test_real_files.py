"""The rules on LoCoMo's own answers and on published result files, where these are available."""

from __future__ import annotations

import json
from pathlib import Path

from locomo_vqa.evaluators.abstention import declines
from tests.conftest import real_file

PUBLISHED = {
    "memobase_eval_0503_3000.json": 53,
    "base_langmem_results.json": 37,
    "base_zep_search_results.json": 299,
    "base_rag_results_-1_k1.json": 3,
}


def test_no_gold_answer_declines_and_two_traps_do(real_locomo: Path) -> None:
    """Two of LoCoMo's traps are the words "Not mentioned"."""
    questions = [q for c in json.loads(real_locomo.read_text("utf-8")) for q in c["qa"]]
    golds = [q for q in questions if q["category"] != 5]
    traps = [q for q in questions if q["category"] == 5]
    assert (len(golds), len(traps)) == (1540, 446)
    assert not [q for q in golds if declines(str(q["answer"]), q["question"])]
    found = [q["adversarial_answer"] for q in traps if declines(str(q["adversarial_answer"]))]
    assert found == ["Not mentioned", "Not mentioned"]


def test_how_many_published_answers_decline() -> None:
    for name, expected in PUBLISHED.items():
        rows = [
            row
            for group in json.loads(real_file(f"predictions/{name}").read_text("utf-8")).values()
            for row in group
        ]
        assert len(rows) == 1540
        assert sum(declines(row["response"] or "", row["question"]) for row in rows) == expected
