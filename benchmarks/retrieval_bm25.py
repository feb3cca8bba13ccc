"""Ranks LoCoMo's turns with BM25 and measures recall, with nothing of the toolkit.

    python benchmarks/retrieval_bm25.py locomo10.json --out rankings.jsonl

The figures are what `score` must find in the rankings that are written. k1 is 1.2, b is 0.75, the
idf is ln(1 + (N - n + 0.5) / (n + 0.5)), and equal scores keep the order of the conversation. Words
are runs of letters and digits in lower case, unstemmed.

What a document is moves the figures more than most systems differ, so several are measured: the
turn's text alone, with its speaker, with its session's day, or with its speaker and the caption of
its image; and all words, those that are not in a list of stop words, or, with apostrophes kept,
those that are not in a short one. The bundled `bm25` stems, and has the speaker.

Evidence is what matches `D<session>:<turn>` and is a turn of the conversation. That leaves 1,535
questions: it misses the turn of the one question whose evidence is spelt `D30:05`, which the
toolkit reads as D30:5 and so has 1,536.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

K1, B = 1.2, 0.75
CUTOFFS = (1, 5, 10, 20, 50)
NAMES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}
DOCUMENTS = ("text", "speaker", "day", "caption")
STOP_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        "i me my we our you your he him his she her it its they them their what which who "
        "whom this that these those am is are was were be been being have has had having "
        "do does did doing a an the and but if or because as until while of at by for "
        "with about against between into through during before after above below to from "
        "up down in out on off over under again further then once here there when where "
        "why how all any both each few more most other some such no nor not only own same "
        "so than too very s t can will just don should now",
    )
)
SHORT_STOP_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        "a an the is are was were of in on at to for and or did do does what when where who how "
        "which why it that this",
    )
)
WORDS = {
    "all words": (r"[a-z0-9]+", frozenset[str]()),
    "no stop words": (r"[a-z0-9]+", STOP_WORDS),
    "short stop list": (r"[a-z0-9']+", SHORT_STOP_WORDS),
}
"""What words are, and which are left out."""

Ranking = tuple[int, str, list[str], set[str]]
"""A question's category, its id, the ranked turns, and the evidence."""


class Index:
    """The turns of one conversation."""

    def __init__(self, sample: dict[str, Any], document: str, words: str) -> None:
        self._word, self._stop = WORDS[words]
        self.turns: list[str] = []
        counts = []
        for key, session in sample["conversation"].items():
            if re.fullmatch(r"session_\d+", key):
                day = sample["conversation"].get(f"{key}_date_time", "")
                for turn in session:
                    name = turn["speaker"]
                    before = {"text": "", "speaker": name, "day": day, "caption": name}[document]
                    after = turn.get("blip_caption", "") if document == "caption" else ""
                    self.turns.append(turn["dia_id"])
                    counts.append(Counter(self.words(f"{before} {turn['text']} {after}")))
        lengths = [each.total() for each in counts]
        mean = sum(lengths) / len(lengths)
        self._norms = [K1 * (1 - B + B * length / mean) for length in lengths]
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, each in enumerate(counts):
            for word, often in each.items():
                self._postings[word].append((place, often))

    def words(self, text: str) -> list[str]:
        """Return the words of a text."""
        return [word for word in re.findall(self._word, text.lower()) if word not in self._stop]

    def rank(self, question: str) -> list[str]:
        """Return the ids of the turns that share a word with a question, best first."""
        scores = [0.0] * len(self.turns)
        for word in self.words(question):
            held = self._postings.get(word, ())
            idf = math.log(1 + (len(scores) - len(held) + 0.5) / (len(held) + 0.5))
            for place, often in held:
                scores[place] += idf * often * (K1 + 1) / (often + self._norms[place])
        order = sorted(range(len(scores)), key=lambda place: -scores[place])
        return [self.turns[place] for place in order if scores[place] > 0]


def rankings(samples: Sequence[Any], document: str, words: str) -> Iterator[Ranking]:
    """Yield the ranking of every question of categories 1 to 4."""
    for sample in samples:
        index = Index(sample, document, words)
        for number, question in enumerate(sample["qa"]):
            if question["category"] != 5:
                named = re.findall(r"D\d+:\d+", " ".join(question.get("evidence") or []))
                name = f"{sample['sample_id']}/t/{number}"
                ranked = index.rank(question["question"])[: CUTOFFS[-1]]
                yield question["category"], name, ranked, {*named} & {*index.turns}


def print_recall(label: str, found: Sequence[Ranking], k: int) -> None:
    """Print the recall at k of the questions that have evidence."""
    shares = [
        sum(turn in ranked[:k] for turn in evidence) / len(evidence)
        for _, _, ranked, evidence in found
        if evidence
    ]
    some, every = (sum(map(test, shares)) / len(shares) for test in (bool, lambda s: s == 1))
    print(
        f"{label:28} k={k:<2}  any {some:.3f}  complete {every:.3f}  "
        f"fraction {sum(shares) / len(shares):.3f}  n={len(shares):,}"
    )


def main() -> None:
    """Print the figures, and write the rankings if a file is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locomo", type=Path)
    parser.add_argument("--document", choices=DOCUMENTS, default="speaker")
    parser.add_argument("--words", choices=WORDS, default="no stop words")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    samples = json.loads(options.locomo.read_text(encoding="utf-8"))
    for document in DOCUMENTS:
        for words in WORDS:
            ranked = list(rankings(samples, document, words))
            print_recall(f"{document}, {words}", ranked, 10)
            hard = [each for each in ranked if each[0] == 1]
            print_recall("  multi-hop", hard, 10)
    chosen = list(rankings(samples, options.document, options.words))
    print(f"\n{options.document}, {options.words}:")
    for category in (None, *NAMES):
        label = "all" if category is None else NAMES[category]
        for k in CUTOFFS:
            print_recall(label, [each for each in chosen if category in (None, each[0])], k)
    if options.out:
        rows = [{"question_id": name, "retrieved": ranked} for _, name, ranked, _ in chosen]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
