"""Work out which answers have the paper's L of 13.7 and 19.5, on LoCoMo's gold answers.

    python -m benchmarks.l_of_answers --locomo locomo10.json

For answers of several styles to the questions of the test split, the parts of L are computed with
the packaged encoder. ROUGE-1, METEOR and SBERT are those of the preset `paper`, too. BERTScore on
roberta-large is taken to be 0.831 for every answer that is not the gold answer: the mean for
unrelated sentences, with which bert-score would rescale. So the L under `paper` is estimated, and
hardly ever lower. The tables after it have, for a system that gives the gold answer to as many
questions as its J says and otherwise answers in a style, its L, and the share of blank answers
(L 0) that brings it to the paper's L: first if all answers that are not blank are of the style.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np

from locomo_vqa.evaluators.metrics.l_settings import LSettings
from locomo_vqa.evaluators.metrics.table import MetricOpener
from locomo_vqa.evaluators.reproducing.paper import load_paper

__all__ = ["RIGHT", "Style", "blank_shares", "main", "measure", "mixture", "paper_line"]

BASELINE = 0.83122575
"""BERTScore F1 of unrelated sentences on roberta-large's layer 17, from bert-score 0.3.13's table
`rescale_baseline/en/roberta-large.tsv`."""

PARTS = ("rouge1", "meteor", "bertscore", "sbert")
RIGHT = "the gold answer"
TEST = ("conv-49", "conv-50")
PAPER: Mapping[str, tuple[float, float]] = {
    "InternVL3-1B": (13.7, 9.0),
    "Qwen2.5-0.5B": (19.5, 11.2),
}
"""L and J of MemLoRA's tables 2 and 5."""


@dataclass(frozen=True, slots=True)
class Question:
    """A text question with a gold answer."""

    conversation: str
    category: int
    text: str
    gold: str
    said: str
    """A turn of its evidence, or nothing."""


@dataclass(frozen=True, slots=True)
class Style:
    """What L has for answers of one style, in percent."""

    name: str
    words: float
    """The mean number of words of an answer."""
    parts: Mapping[str, float]
    """The means of the parts, with BERTScore on MiniLM."""
    minilm: float
    """L under the preset `minilm`."""
    paper: float
    """L under the preset `paper`, estimated."""
    rescaled: float
    """The same with BERTScore rescaled, which gives unrelated sentences 0."""


def read_questions(path: Path) -> list[Question]:
    """Return the questions of categories 1 to 4."""
    found = []
    for conversation in json.loads(path.read_text(encoding="utf-8")):
        talk = conversation["conversation"]
        turns = {
            turn["dia_id"]: turn["text"]
            for name, session in talk.items()
            if name.startswith("session_") and isinstance(session, list)
            for turn in session
        }
        for row in conversation["qa"]:
            if row["category"] != 5:
                said = next((turns[e] for e in row["evidence"] if e in turns), "")
                one = (row["question"], str(row["answer"]), said)
                found.append(Question(conversation["sample_id"], row["category"], *one))
    return found


def styles(questions: Sequence[Question], seed: int) -> dict[str, Callable[[Question], str]]:
    """Return the styles: each gives an answer to a question."""
    draw = random.Random(seed)
    others: dict[int, list[str]] = {}
    for question in questions:
        if question.conversation not in TEST:
            others.setdefault(question.category, []).append(question.gold)
    return {
        RIGHT: lambda q: q.gold,
        "a sentence with the gold answer": lambda q: f"Based on the memories, it is {q.gold}.",
        "No information available": lambda q: "No information available",
        "I don't know.": lambda q: "I don't know.",
        "yes": lambda q: "yes",
        "a gold answer from elsewhere": lambda q: draw.choice(others[q.category]),
        "the question itself": lambda q: q.text,
        "the turn that holds it": lambda q: q.said or "No information available",
        "80 words about nothing": lambda q: " ".join(
            ["The memories that were provided mention many different events and people."] * 8
        ),
    }


def measure(questions: Sequence[Question], *, models: Path | None, seed: int = 0) -> list[Style]:
    """Return what each style's answers to the test split's questions have."""
    opener = MetricOpener(LSettings(preset="minilm", models=models))
    asked = [question for question in questions if question.conversation in TEST]
    found = []
    for name, answer in styles(questions, seed).items():
        rows = [(answer(question), question.gold) for question in asked]
        values = {part: np.array(opener.open(part).score_all(rows)) for part in PARTS}
        same = np.array([said == gold for said, gold in rows])
        roberta = np.where(same, 1.0, BASELINE)
        rescaled = np.where(same, 1.0, 0.0)
        known = values["rouge1"] + values["meteor"] + values["sbert"]
        found.append(
            Style(
                name=name,
                words=fmean(len(said.split()) for said, _ in rows),
                parts={part: 100 * float(values[part].mean()) for part in PARTS},
                minilm=25 * float((known + values["bertscore"]).mean()),
                paper=25 * float((known + roberta).mean()),
                rescaled=25 * float((known + rescaled).mean()),
            )
        )
    return found


def mixture(right: float, wrong: float, j: float) -> float:
    """Return the L of a system that has J percent right answers, and the others of one style."""
    return (j * right + (100 - j) * wrong) / 100


def blank_shares(answered: float, right: float, target: float, j: float) -> tuple[float, float]:
    """Return the shares of blank answers, in percent, with which L is `target`; 0 for none.

    First if all other answers have the L `answered`, then if J percent of all questions have right
    answers with the L `right`, and the rest of those that are not blank `answered`.
    """
    alike = 100 - 100 * target / answered
    apart = 100 - j - 100 * (target - j * right / 100) / answered
    return max(0.0, alike), max(0.0, apart)


def paper_line() -> tuple[int, float, float, float]:
    """Return rows, slope, L at J = 0, and correlation of L and J in the paper's tables."""
    paper = load_paper()
    figures = {
        (row.label, row.values["l"], row.values["j"])
        for number in ("1", "2", "4", "5", "E8")
        for row in paper.tables[number].rows
        if {"l", "j"} <= row.values.keys()
    }
    js, ls = (np.array([figure[place] for figure in sorted(figures)]) for place in (2, 1))
    slope, start = np.polyfit(js, ls, 1)
    return len(figures), float(slope), float(start), float(np.corrcoef(js, ls)[0, 1])


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--locomo", type=Path, required=True, help="LoCoMo's locomo10.json")
    parser.add_argument("--models", type=Path, help="folder with all-MiniLM-L6-v2")
    parser.add_argument("--seed", type=int, default=0, help="seed of the answers from elsewhere")
    options = parser.parse_args()
    found = measure(read_questions(options.locomo), models=options.models, seed=options.seed)
    rows, slope, start, r = paper_line()
    print(f"The paper's {rows} pairs of L and J: L = {start:.1f} + {slope:.2f} J, r = {r:.2f}")
    print(f"\n{'answers':34}{'words':>7}{'minilm':>8}{'paper':>8}{'rescaled':>10}")
    for style in found:
        values = f"{style.minilm:8.1f}{style.paper:8.1f}{style.rescaled:10.1f}"
        print(f"{style.name:34}{style.words:7.1f}{values}")
    right, *rest = found
    for system, (target, j) in PAPER.items():
        print(f"\n{system}: L {target}, J {j}; L without blanks, and the share of blanks for L")
        floor = 100 * (1 - target / (25 * BASELINE))
        print(f"under `paper`, with any answers: at least {floor:.0f} % blank")
        for style in rest:
            cells = []
            for preset in ("minilm", "paper", "rescaled"):
                own, gold = getattr(style, preset), getattr(right, preset)
                low, high = blank_shares(own, gold, target, j)
                cells.append(f"{mixture(gold, own, j):8.1f}{f'{low:.0f}-{high:.0f} %':>9}")
            print(f"{style.name:34}{''.join(cells)}")


if __name__ == "__main__":
    main()
