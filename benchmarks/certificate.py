"""How often the pixel certificate is wrong, and how much sight it takes to prove it.

Systems without sight answer two runs and one with captions; what they answer may depend on
anything but the coins. At most 1 % of them may be called "proven". Their captions' answers are all
wrong, so the second test never saves the first. Then systems with sight: how often they are proven.

    python -m benchmarks.certificate
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sin

from locomo_vqa.evaluators.ablation import PairedAnswer, certify
from locomo_vqa.intervals import wilson_interval

SYSTEMS = 2000
POWER_SYSTEMS = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its place in the benchmark, and its type's commonest answer."""

    conversation: int
    image: int
    number: int
    gold: str
    common: str


def benchmark(drawn: random.Random, conversations: int, images: int, questions: int) -> list[Asked]:
    """Return questions with three possible answers, the first of which is right most often."""
    asked = []
    for conversation in range(conversations):
        for image in range(images):
            for _ in range(questions):
                gold = drawn.choices("abc", (5, 3, 2))[0]
                asked.append(Asked(conversation, image, len(asked), gold, "a"))
    return asked


Answers = list[str | None]
Null = Callable[[random.Random, list[Asked]], Iterator[Answers]]
"""Yields the answers of one run after the other."""


def _right(drawn: random.Random, question: Asked, chance: float) -> str:
    return question.gold if drawn.random() < chance else "wrong"


def deterministic(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """The same answers in every run: memorised, read from the words, guessed."""
    same: Answers = [_right(drawn, q, drawn.random()) for q in asked]
    while True:
        yield list(same)


def per_question(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """Each question has a chance of its own, and is drawn again in each run."""
    chances = [drawn.betavariate(0.7, 0.7) for _ in asked]
    while True:
        yield [_right(drawn, q, chance) for q, chance in zip(asked, chances, strict=True)]


def per_image(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """All questions about an image are right or wrong together, drawn again in each run."""
    while True:
        kept: dict[tuple[int, int], str | None] = {}
        answers: Answers = []
        for q in asked:
            good = kept.setdefault((q.conversation, q.image), drawn.choice(("right", None)))
            answers.append(q.gold if good else "wrong")
        yield answers


def per_conversation(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """Each conversation is read well or badly in each run."""
    while True:
        chances: dict[int, float] = {}
        yield [
            _right(drawn, q, chances.setdefault(q.conversation, drawn.choice((0.1, 0.9))))
            for q in asked
        ]


def per_run(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """A whole run is good or bad, such as by a seed, a server, or a model's new version."""
    while True:
        chance = drawn.choice((0.05, 0.5, 0.95))
        yield [_right(drawn, q, chance) for q in asked]


def prior(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """Guess the commonest answer of the type, sometimes another."""
    while True:
        yield [drawn.choices((q.common, "b", "c"), (8, 1, 1))[0] for q in asked]


def one_guess_a_run(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """One guess for a whole run."""
    while True:
        guess = drawn.choice("abc")
        yield [guess for _ in asked]


def tiring(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """The more was asked, in this run and earlier ones, the worse."""
    before = 0
    while True:
        yield [_right(drawn, q, max(0, 1 - (before + n) / 300)) for n, q in enumerate(asked)]
        before += len(asked)


def learning(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """Better in each run: it keeps what it saw."""
    chance = 0.1
    while True:
        yield [_right(drawn, q, chance) for q in asked]
        chance = min(1, chance + 0.4)


def in_waves(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """Better and worse by the time, such as a busy server."""
    now = drawn.random() * 100
    while True:
        yield [_right(drawn, q, 0.5 + 0.5 * sin(now + n / 9)) for n, q in enumerate(asked)]
        now += len(asked) / 9 + drawn.random()


def by_the_one_before(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """Right after a right answer, mostly, and across runs."""
    good = True
    while True:
        answers: Answers = []
        for q in asked:
            good = good if drawn.random() < 0.9 else not good
            answers.append(q.gold if good else "wrong")
        yield answers


def failing_in_one_run(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """Right nearly always, but one of the runs has failures."""
    bad, run = drawn.randrange(2), 0
    while True:
        failing = drawn.choice((0.3, 0.9, 1.0)) if run == bad else 0.0
        yield [None if drawn.random() < failing else _right(drawn, q, 0.9) for q in asked]
        run += 1


def silent_in_one_run(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """Right in one run, and useless words in the other."""
    bad, run = drawn.randrange(2), 0
    while True:
        yield ["I can't say." if run == bad else q.gold for q in asked]
        run += 1


def ending_early(drawn: random.Random, asked: list[Asked]) -> Iterator[Answers]:
    """A process that ends somewhere in each conversation, and then answers no more."""
    while True:
        last = {q.conversation: drawn.random() * 1.3 for q in asked}
        most = Counter(q.conversation for q in asked)
        place: Counter[int] = Counter()
        answers: Answers = []
        for q in asked:
            place[q.conversation] += 1
            alive = place[q.conversation] <= last[q.conversation] * most[q.conversation]
            answers.append(_right(drawn, q, 0.7) if alive else None)
        yield answers


NULLS: dict[str, Null] = {
    "the same in every run": deterministic,
    "noise by question": per_question,
    "noise by image": per_image,
    "noise by conversation and run": per_conversation,
    "noise by run": per_run,
    "commonest answer of the type": prior,
    "one guess for a run": one_guess_a_run,
    "worse the more was asked": tiring,
    "better in each run": learning,
    "better and worse by the time": in_waves,
    "right after right answers": by_the_one_before,
    "failing in one run": failing_in_one_run,
    "useless in one run": silent_in_one_run,
    "ending early": ending_early,
}


def verdict(drawn: random.Random, asked: list[Asked], first: Answers, second: Answers) -> str:
    """Toss the coins, and return the verdict on what was answered without knowing them."""
    coins: dict[tuple[int, int], bool] = {}
    paired = []
    for q, one, two in zip(asked, first, second, strict=True):
        coin = coins.setdefault((q.conversation, q.image), drawn.random() < 0.5)
        own, other = (one, two) if coin else (two, one)
        paired.append(_paired(q, own, other))
    return certify(paired, visual="given").verdict


def _paired(q: Asked, own: str | None, other: str | None) -> PairedAnswer:
    return PairedAnswer(
        question=str(q.number),
        conversation=str(q.conversation),
        image=str(q.image),
        gold=q.gold,
        own=own,
        other=other,
        caption="wrong",
    )


def without_sight(systems: int, seed: int = 0) -> dict[str, Counter[str]]:
    """Return the verdicts on systems without sight, by kind; as many of each."""
    drawn = random.Random(seed)
    found: dict[str, Counter[str]] = {kind: Counter() for kind in NULLS}
    for number in range(systems):
        kind = list(NULLS)[number % len(NULLS)]
        asked = benchmark(
            drawn, drawn.randint(2, 10), drawn.randint(2, 12), drawn.choice((1, 3, 8))
        )
        runs = NULLS[kind](drawn, asked)
        found[kind][verdict(drawn, asked, next(runs), next(runs))] += 1
    return found


def with_sight(systems: int, v: float, other: float, shape: tuple[int, int, int]) -> float:
    """Return the share proven of systems that have these V with the image and with another."""
    drawn = random.Random(1)
    proven = 0
    for _ in range(systems):
        asked = benchmark(drawn, *shape)
        paired = [_paired(q, _right(drawn, q, v), _right(drawn, q, other)) for q in asked]
        proven += certify(paired, visual="given").verdict == "proven"
    return proven / systems


def main() -> None:
    """Print both tables; end with 1 if more than 1 % without sight are proven."""
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    found = without_sight(SYSTEMS)
    print(f"{'without sight':32} proven  not shown  refuted")
    total: Counter[str] = Counter()
    for kind, verdicts in found.items():
        total += verdicts
        print(
            f"{kind:32} {verdicts['proven']:6} {verdicts['not_shown']:10} {verdicts['refuted']:8}"
        )
    share = total["proven"] / SYSTEMS
    high = wilson_interval(total["proven"], SYSTEMS)[1]
    print(f"\n{total['proven']} of {SYSTEMS:,} proven: {share:.2%} (at most {high:.2%})\n")
    shapes = ((2, 6, 8), (2, 20, 2), (10, 6, 8), (10, 20, 1))
    print("proven with sight, by V with the image (30 with another):")
    print(f"{'conversations x images x questions':36}" + "".join(f"{v:6}" for v in SIGHTED))
    for shape in shapes:
        shares = [with_sight(POWER_SYSTEMS, v / 100, 0.3, shape) for v in SIGHTED]
        print(f"{' x '.join(map(str, shape)):36}" + "".join(f"{each:6.0%}" for each in shares))
    sys.exit(share > 0.01)


SIGHTED = (35, 40, 50, 60, 70, 90)

if __name__ == "__main__":
    main()
