"""Compute the numbers of a built board again, from the raw answers, without the package.

    python scripts/recompute_board.py BOARD

BOARD is a folder as `scripts/make_example_board.py` makes it: `benchmark/`, `submissions/` and
`site/`. Nothing of locomo_vqa is imported: exact match, F1 and ROUGE-1 (with NLTK's Porter stemmer)
are computed here from each entry's answers, reported J from the published file, and intervals with
scipy. L, J, BLEU-1 and METEOR need models, a judge or large tables, so their means are taken over
the values of each question in scores.parquet, whose V, F1 and ROUGE-1 are compared as well.

Every value, interval, count and rank of every entry in the page's data, in results.csv and in
results.parquet is compared.
Prints what was compared, and each difference; exits with 1 if there is any.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from nltk.stem.porter import PorterStemmer
from scipy import stats

VISUAL = ("v",)
COMPUTED = ("v", "f1", "rouge1")
STORED = ("l", "j", "bleu1", "meteor")
SCALE = {"v": 100.0, "l": 100.0, "j": 100.0, "reported_j": 100.0}
TOLERANCE = 2e-5
"""Relative: the values of questions are stored with seven digits, the page's groups with four."""
STEMMER = PorterStemmer()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def exact_match(answer: str, gold: str) -> float:
    """Return 1 if two answers are equal in lower case, without white space around them."""
    return float(answer.lower().strip() == gold.lower().strip())


def harmonic(shared: int, first: int, second: int) -> float:
    """Return the harmonic mean of the shares of shared words."""
    return 2 * shared / (first + second) if shared else 0.0


def f1(answer: str, gold: str) -> float:
    """Return the F1 of two sets of words, as Mem0's evaluation defines it."""
    one, two = (set(re.sub(r"[.,!?]", " ", text.lower()).split()) for text in (answer, gold))
    return harmonic(len(one & two), len(one), len(two))


def rouge1(answer: str, gold: str) -> float:
    """Return ROUGE-1 F1: words of more than three letters are stemmed, and repetitions count."""
    one, two = (
        Counter(
            STEMMER.stem(word) if len(word) > 3 else word
            for word in re.findall("[a-z0-9]+", text.lower())
        )
        for text in (answer, gold)
    )
    return harmonic((one & two).total(), one.total(), two.total())


METRICS = {"v": exact_match, "f1": f1, "rouge1": rouge1}


class Board:
    """A board's questions, and what its entries answered."""

    def __init__(self, folder: Path) -> None:
        self.submissions = folder / "submissions"
        benchmark = folder / "benchmark"
        text = pd.DataFrame(read_lines(benchmark / "text_questions.jsonl"))
        visual_rows = read_lines(benchmark / "visual_questions.jsonl")
        text = text[text.category != 5].assign(kind="text")
        self.questions = text
        if visual_rows:
            visual = pd.DataFrame(visual_rows).assign(kind="visual")
            self.questions = pd.concat([text, visual], ignore_index=True)
        self.order = [row["id"] for row in read_lines(benchmark / "conversations.jsonl")]
        self.stored = pd.read_parquet(self.submissions / "scores.parquet")

    def asked(self, split: str) -> pd.DataFrame:
        """Return the questions of a split that have a gold answer."""
        every = self.questions
        return every if split == "all" else every[every.split == split]

    def answers(self, name: str) -> pd.DataFrame:
        """Return an entry's answers: `id`, `answer`, `state`, and `verdict` if the file has it."""
        folder = self.submissions / name
        if (folder / "predictions.jsonl").exists():
            rows = read_lines(folder / "predictions.jsonl")
            found = pd.DataFrame(rows).rename(columns={"question_id": "id", "prediction": "answer"})
            return found[["id", "answer", "state"]]
        return pd.DataFrame(self.published(folder / "answers.json"))

    def published(self, path: Path) -> Iterator[dict[str, Any]]:
        """Yield the answers of a file in the layout of Mem0's evaluation."""
        waiting: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.questions.itertuples():
            waiting[row.conversation, row.question.strip()].append(row.id)
        for number, rows in json.loads(path.read_text(encoding="utf-8")).items():
            for row in rows:
                ids = waiting[self.order[int(number)], row["question"].strip()]
                if str(row.get("category")) == "5" or not ids:
                    continue
                answer = row["response"] or ""
                yield {
                    "id": ids.pop(0),
                    "answer": answer,
                    "state": "ok" if answer.strip() else "empty",
                    "verdict": float(row["llm_score"]),
                }


def interval(values: pd.Series, conversations: pd.Series, low: float, high: float) -> Any:
    """Return the 95 % interval of a mean over conversations, on the logit scale.

    With values between 0 and 1 after scaling: a clustered t interval of the mean, with half a
    question added on each side in proportion to the variance, as docs/scores.md describes.
    """
    y = ((values - low) / (high - low)).clip(0, 1)
    groups = y.groupby(conversations)
    count, mean, clusters = len(y), y.mean(), groups.ngroups
    if clusters < 2:
        return None, None
    sums = groups.sum() - groups.count() * mean
    error = math.sqrt(clusters / (clusters - 1) * (sums**2).sum()) / count
    if error <= 1e-12:
        ends = wilson(min(count, max(0.0, y.sum())), count)
    else:
        share = min(1.0, ((y - mean) ** 2).sum() / (count * mean * (1 - mean)))
        centre = (count * mean + share / 2) / (count + share)
        spread = math.sqrt(((y - mean) ** 2).sum()) / count
        reach = max(stats.t.ppf(0.975, clusters - 1) * error, 0.25 * stats.norm.ppf(0.975) * spread)
        step = reach / (centre * (1 - centre))
        middle = math.log(centre / (1 - centre))
        ends = tuple(1 / (1 + math.exp(-x)) for x in (middle - step, middle + step))
    return tuple(low + (high - low) * end for end in ends)


def wilson(successes: float, count: int) -> tuple[float, float]:
    """Return Wilson's interval of a proportion."""
    z = stats.norm.ppf(0.975)
    share = successes / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = (
        z * math.sqrt(share * (1 - share) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    )
    return max(0.0, centre - reach), min(1.0, centre + reach)


class Comparison:
    """Counts what was compared, and keeps what differs."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.differences: list[str] = []

    def equal(self, what: str, place: str, shown: Any, computed: Any, tolerance: float) -> None:
        """Compare a value that is shown with one that was computed here."""
        self.counts[what] += 1
        missing = [
            value is None or (isinstance(value, float) and math.isnan(value))
            for value in (shown, computed)
        ]
        if any(missing):
            same = all(missing)
        elif isinstance(computed, float) or isinstance(shown, float):
            same = math.isclose(float(shown), float(computed), rel_tol=tolerance, abs_tol=1e-4)
        else:
            same = shown == computed
        if not same:
            self.differences.append(f"{place}: {what} is {shown!r}, computed {computed!r}")


def compute(board: Board, name: str, split: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return an entry's questions with a column for each metric, and its counts."""
    asked = board.asked(split).merge(board.answers(name), on="id", how="left")
    kinds = set(asked[asked.state.notna()].kind)
    asked = asked[asked.kind.isin(kinds)].copy()
    stored = board.stored[board.stored.entry == name].set_index("question_id")
    for metric, function in METRICS.items():
        asked[metric] = [
            function(row.answer, row.answer_gold) if row.state == "ok" else 0.0
            for row in asked.assign(answer_gold=asked.answer_x)
            .rename(columns={"answer_y": "answer"})
            .itertuples()
        ]
        asked[metric] *= SCALE.get(metric, 1.0)
    for metric in STORED:
        asked[metric] = stored[metric].reindex(asked.id).to_numpy(dtype=float)
    if "verdict" in asked:
        asked["reported_j"] = asked.verdict.fillna(0.0) * 100
    answered = asked[asked.state == "ok"]
    words = answered[answered.kind == "text"].answer_y.str.split().str.len()
    counts = {
        "given": len(answered),
        "total": len(asked),
        "states": dict(Counter(asked.state.dropna())),
        "answer_length": float(words.mean()) if len(words) else None,
        "conversations": asked.conversation.nunique(),
    }
    return asked, counts


def of_metric(questions: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the questions that a metric is about."""
    return questions[questions.kind == ("visual" if metric in VISUAL else "text")]


def check_entry(board: Board, row: dict[str, Any], result: Comparison) -> dict[str, Any]:
    """Compare an entry's row in the page's data; return the computed columns of its CSV row."""
    name = row["entry"]
    questions, counts = compute(board, name, row["split"])
    for what, value in counts.items():
        result.equal(what, name, row[what], value, TOLERANCE)
    columns = {
        "answered": counts["given"],
        "questions": counts["total"],
        "answer_length": counts["answer_length"],
        "conversations": counts["conversations"],
    }
    stored = board.stored[board.stored.entry == name].set_index("question_id")
    for metric in (*COMPUTED, *STORED):
        asked = of_metric(questions, metric)
        scores = row["scores"][metric]
        if scores["value"] is None:
            continue
        if metric in COMPUTED:
            for question, value in zip(asked.id, asked[metric], strict=True):
                result.equal(
                    f"{metric} of a question",
                    f"{name} {question}",
                    float(stored.loc[question, metric]),
                    value,
                    TOLERANCE,
                )
        columns |= check_metric(name, metric, asked, scores, result)
        for group, numbers in (row.get("groups") or {}).get(metric, {}).items():
            key = asked.category.astype("Int64").astype(str) if metric not in VISUAL else asked.type
            part = asked[key == group]
            result.equal(
                f"{metric} by group",
                f"{name} {group}",
                numbers[0],
                float(part[metric].mean()),
                TOLERANCE,
            )
            result.equal("n by group", f"{name} {group}", numbers[3], len(part), 0)
            ends = ends_of(metric, part, scores)
            for shown, computed in zip(numbers[1:3], ends, strict=True):
                result.equal(
                    f"{metric} by group, interval", f"{name} {group}", shown, computed, TOLERANCE
                )
    if "reported_j" in questions:
        asked = of_metric(questions, "f1")
        columns |= check_metric(name, "reported_j", asked, row["reported_j"], result)
    return columns


def ends_of(metric: str, asked: pd.DataFrame, scores: dict[str, Any]) -> Any:
    """Return the computed interval of a mean."""
    scale = SCALE.get(metric, 1.0)
    return interval(asked[metric], asked.conversation, 0.0, scale)


def check_metric(
    name: str, metric: str, asked: pd.DataFrame, scores: dict[str, Any], result: Comparison
) -> dict[str, Any]:
    """Compare a metric's value, interval and number of questions."""
    value = float(asked[metric].mean())
    low, high = ends_of(metric, asked, scores)
    columns = {
        metric: value,
        f"{metric}_low": low,
        f"{metric}_high": high,
        f"{metric}_n": len(asked),
    }
    for key, computed in zip(("value", "low", "high", "n"), columns.values(), strict=True):
        result.equal(f"{metric} {key}", name, scores[key], computed, TOLERANCE)
    return columns


def check_ranks(board: Board, rows: dict[str, dict[str, Any]], result: Comparison) -> None:
    """Compare the ranks on the page with those that all sign flips of all pairs give."""
    verified = json.loads((board.submissions / "board.json").read_text(encoding="utf-8"))
    for table in verified["rankings"].values():
        for metric, ranking in table.items():
            for comparison in ranking["comparisons"]:
                names = comparison["entries"]
                for name, (low, high) in ranks(board, metric, names).items():
                    shown = rows[name]["scores"][metric]
                    result.equal("rank_low", f"{name} {metric}", shown["rank_low"], low, 0)
                    result.equal("rank_high", f"{name} {metric}", shown["rank_high"], high, 0)


def ranks(board: Board, metric: str, names: list[str]) -> dict[str, tuple[Any, Any]]:
    """Return the range of each entry's ranks, or (None, None) with fewer than six conversations.

    The signs of each conversation's differences are flipped in all ways. A pair is separated if at
    most 5 % of the flips give any pair a difference as large; then without these pairs, and again.
    """
    values = board.stored[board.stored.entry.isin(names)].dropna(subset=metric)
    sums = values.groupby(["entry", "conversation"], observed=True)[metric].sum().unstack()
    if sums.shape[1] < 6:
        return dict.fromkeys(names, (None, None))
    flips = np.array(list(itertools.product((-1.0, 1.0), repeat=sums.shape[1])))
    pairs = list(itertools.combinations(names, 2))
    by_flip = {pair: np.abs(flips @ (sums.loc[pair[0]] - sums.loc[pair[1]])) for pair in pairs}
    tie = 1e-6 * float(sums.abs().sum(axis=1).max())
    tied, separated = set(pairs), set()
    while tied:
        widest = np.sort(np.max([by_flip[pair] for pair in tied], axis=0))[::-1]
        limit = widest[int(0.05 * len(flips))] + tie
        new = {pair for pair in tied if abs((sums.loc[pair[0]] - sums.loc[pair[1]]).sum()) > limit}
        separated |= new
        tied -= new
        if not new:
            break
    totals = sums.sum(axis=1)
    found = {}
    for name in names:
        others = [a if b == name else b for a, b in separated if name in (a, b)]
        better = sum(totals[other] > totals[name] for other in others)
        found[name] = (1 + int(better), len(names) - (len(others) - int(better)))
    return found


def main() -> None:
    """Compare a board, print the figures, and exit with 1 if anything differs."""
    folder = Path(sys.argv[1])
    board, result = Board(folder), Comparison()
    page = (folder / "site" / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="board-data">(.*?)</script>', page, re.S)
    assert found is not None, "the page has no data"
    rows = json.loads(found[1])["entries"]
    tables = {
        "results.csv": pd.read_csv(folder / "site" / "results.csv"),
        "results.parquet": pd.read_parquet(folder / "site" / "results.parquet"),
    }
    for row in rows:
        columns = check_entry(board, row, result)
        for file, table in tables.items():
            shown = table[table.entry == row["entry"]].iloc[0]
            for column, value in columns.items():
                plain = shown[column].item() if hasattr(shown[column], "item") else shown[column]
                result.equal(file, f"{row['entry']} {column}", plain, value, TOLERANCE)
    check_ranks(board, {row["entry"]: row for row in rows}, result)
    assert {len(table) for table in tables.values()} == {len(rows)}
    for what, count in sorted(result.counts.items()):
        print(f"{count:7,} {what}")
    print(
        f"{sum(result.counts.values()):7,} numbers of {len(rows)} entries compared, "
        f"{len(result.differences):,} differ"
    )
    for difference in result.differences[:50]:
        print(difference)
    sys.exit(1 if result.differences else 0)


if __name__ == "__main__":
    main()
