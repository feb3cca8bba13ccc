"""Ranks LoCoMo's turns with BM25 and measures recall, with nothing of the toolkit.

    python benchmarks/retrieval_bm25.py locomo10.json --out rankings.jsonl

The figures are what `score` must find in the rankings that are written. A word is a run of letters
and digits in lower case, unstemmed; a document is a turn's text. k1 is 1.2, b is 0.75, the idf is
ln(1 + (N - n + 0.5) / (n + 0.5)), and equal scores keep the order of the conversation.

Evidence is what matches `D<session>:<turn>` and is a turn of the conversation. That leaves 1,535
questions: it misses the turn of the one question whose evidence is spelt `D30:05`, which the
toolkit reads as D30:5 and so has 1,536.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

K1, B = 1.2, 0.75
CUTOFFS = (1, 5, 10, 20, 50)
NAMES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return re.findall(r"[a-z0-9]+", text.lower())


def rank(turns: dict[str, str], question: str) -> list[str]:
    """Return the ids of the turns that share a word with a question, best first."""
    documents = {name: Counter(words(text)) for name, text in turns.items()}
    mean = sum(map(Counter.total, documents.values())) / len(documents)
    scores: dict[str, float] = dict.fromkeys(turns, 0.0)
    for word in words(question):
        holding = [name for name, counts in documents.items() if word in counts]
        idf = math.log(1 + (len(turns) - len(holding) + 0.5) / (len(holding) + 0.5))
        for name in holding:
            often, length = documents[name][word], documents[name].total()
            scores[name] += idf * often * (K1 + 1) / (often + K1 * (1 - B + B * length / mean))
    return sorted((name for name in turns if scores[name] > 0), key=lambda name: -scores[name])


def questions(path: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
    """Yield (id, question, the conversation's turns) of categories 1 to 4."""
    for sample in json.loads(path.read_text(encoding="utf-8")):
        sessions = (
            value
            for key, value in sample["conversation"].items()
            if re.fullmatch(r"session_\d+", key)
        )
        turns = {turn["dia_id"]: turn["text"] for session in sessions for turn in session}
        for number, question in enumerate(sample["qa"]):
            if question["category"] != 5:
                yield f"{sample['sample_id']}/t/{number}", question, turns


def main() -> None:
    """Print the figures, and write the rankings if a file is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locomo", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found: list[tuple[int, list[float]]] = []
    rows = []
    for name, question, turns in questions(options.locomo):
        ranked = rank(turns, question["question"])[: CUTOFFS[-1]]
        rows.append({"question_id": name, "retrieved": ranked})
        named = re.findall(r"D\d+:\d+", " ".join(question.get("evidence") or []))
        evidence = {turn for turn in named if turn in turns}
        if evidence:
            places = [ranked.index(t) + 1 if t in ranked else math.inf for t in sorted(evidence)]
            found.append((question["category"], places))
    print(f"{len(found):,} questions with evidence, of {len(rows):,}")
    for label, chosen in [
        ("all", [places for _, places in found]),
        *((NAMES[c], [p for category, p in found if category == c]) for c in NAMES),
    ]:
        for k in CUTOFFS:
            some = sum(min(places) <= k for places in chosen) / len(chosen)
            every = sum(max(places) <= k for places in chosen) / len(chosen)
            part = sum(sum(p <= k for p in places) / len(places) for places in chosen)
            print(
                f"{label:12} k={k:<2} any {some:.3f}  complete {every:.3f}  "
                f"fraction {part / len(chosen):.3f}  n={len(chosen):,}"
            )
    if options.out:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
