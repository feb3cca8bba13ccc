"""The split of noise: a published nested analysis, identities, and simulated runs."""

from __future__ import annotations

from statistics import fmean

import numpy as np
import pytest

from locomo_vqa.statistics.intervals import clustered_mean
from locomo_vqa.statistics.noise import NoiseSplit, Scored, split_noise

# Calcium in turnip greens, % of dry weight: 4 plants, 3 leaves of each, 2 determinations of each.
# G. W. Snedecor and W. G. Cochran, "Statistical Methods", 7th edition, table 13.6.1.
TURNIPS = [
    [[3.28, 3.09], [3.52, 3.48], [2.88, 2.80]],
    [[2.46, 2.44], [1.87, 1.92], [2.19, 2.19]],
    [[2.77, 2.66], [3.74, 3.44], [2.55, 2.55]],
    [[3.78, 3.87], [4.07, 4.12], [3.31, 3.31]],
]
QUESTIONS = {f"q{n}": f"c{n % 10}" for n in range(200)}


def nested(tree: list[list[list[float]]]) -> list[Scored]:
    return [
        Scored(memory=f"{m}", answers=f"{m}/{a}", values={"q": value})
        for m, sets in enumerate(tree)
        for a, verdicts in enumerate(sets)
        for value in verdicts
    ]


def runs(
    memories: int = 3, answers: int = 1, verdicts: int = 1, *, shift: float = 0.0, seed: int = 0
) -> list[Scored]:
    """Return runs with these standard deviations: conversations 0.3, memory in a conversation 0.2,
    answering 0.5 a question, judge 0.3 a question, and `shift` of a memory as a whole."""
    rng = np.random.default_rng(seed)
    conversations = rng.normal(0, 0.3, 10)
    made = []
    for m in range(memories):
        memory = rng.normal(0, 0.2, 10) + rng.normal(0, shift)
        for a in range(answers):
            answer = rng.normal(0, 0.5, len(QUESTIONS))
            for _ in range(verdicts):
                judge = rng.normal(0, 0.3, len(QUESTIONS))
                values = {
                    name: float((conversations + memory)[n % 10] + answer[n] + judge[n])
                    for n, name in enumerate(QUESTIONS)
                }
                made.append(Scored(memory=f"{m}", answers=f"{m}/{a}", values=values))
    return made


def named(split: NoiseSplit) -> dict[str, float]:
    return {"+".join(part.sources): part.estimate for part in split.parts}


def test_a_published_nested_analysis() -> None:
    split = split_noise(nested(TURNIPS), {"q": "c"}, judged=True)
    assert named(split) == {
        "memory": pytest.approx(0.3652, abs=5e-5),
        "answering": pytest.approx(0.1610, abs=1e-4),
        "judge": pytest.approx(0.0066, abs=1e-4),
    }
    assert [part.degrees for part in split.parts] == [3, 8, 12]


def test_unequal_numbers_by_hand() -> None:
    # Memory 0 was asked twice, with scores 0 and 2: variance 2, mean 1. Memory 1 once, score 4.
    # Means 1 and 4 have the variance 4.5, of which answering adds (2 / 2 + 2 / 1) / 2 = 1.5.
    split = split_noise(nested([[[0], [2]], [[4]]]), {"q": "c"}, judged=False)
    assert named(split) == {"memory": pytest.approx(3.0), "answering": pytest.approx(2.0)}


@pytest.mark.parametrize(
    ("repeated", "parts"),
    [
        ((1, 1, 1), ["conversations+memory+answering+judge"]),
        ((3, 1, 1), ["conversations", "memory+answering+judge"]),
        ((1, 3, 1), ["conversations+memory", "answering+judge"]),
        ((1, 1, 3), ["conversations+memory+answering", "judge"]),
        ((3, 1, 2), ["conversations", "memory+answering", "judge"]),
        ((2, 2, 2), ["conversations", "memory", "answering", "judge"]),
    ],
)
def test_what_was_not_repeated_is_not_separable(
    repeated: tuple[int, int, int], parts: list[str]
) -> None:
    split = split_noise(runs(*repeated), QUESTIONS, judged=True)
    assert list(named(split)) == parts


def test_the_parts_add_up_to_the_squared_errors_of_single_runs() -> None:
    made = runs(4)
    split = split_noise(made, QUESTIONS, judged=True)
    errors = []
    for run in made:
        clusters: dict[str, list[float]] = {}
        for name, value in run.values.items():
            clusters.setdefault(QUESTIONS[name], []).append(value)
        found = clustered_mean(clusters)
        assert found is not None
        errors.append(found.error**2)
    assert split.whole_runs_p is not None and split.whole_runs_p > 0.01
    assert split.total == pytest.approx(fmean(errors))


def test_the_parts_are_those_that_were_simulated() -> None:
    splits = [split_noise(runs(3, 2, 2, seed=seed), QUESTIONS, judged=True) for seed in range(60)]
    means = {name: fmean(named(s)[name] for s in splits) for name in named(splits[0])}
    # Variances of the score: by conversation divided by 10, by question by 200.
    assert means == {
        "conversations": pytest.approx(0.3**2 / 10, rel=0.25),
        "memory": pytest.approx(0.2**2 / 10, rel=0.25),
        "answering": pytest.approx(0.5**2 / 200, rel=0.25),
        "judge": pytest.approx(0.3**2 / 200, rel=0.25),
    }


def test_runs_that_differ_as_wholes_are_compared_as_wholes() -> None:
    made = runs(5, shift=1.0)
    split = split_noise(made, QUESTIONS, judged=False)
    assert split.whole_runs_p is not None and split.whole_runs_p < 0.001
    scores = [fmean(run.values.values()) for run in made]
    assert named(split)["memory+answering"] == pytest.approx(np.var(scores, ddof=1))
    assert split.between is not None and split.between.runs == 5


def test_a_negative_estimate_is_shown_as_0() -> None:
    # Two memories with the same mean, whose answers differ: memory is estimated below 0.
    split = split_noise(nested([[[0], [2]], [[2], [0]]]), {"q": "c"}, judged=False)
    memory, answering = split.parts
    assert (memory.variance, memory.estimate) == (0.0, pytest.approx(-1.0))
    assert split.total == answering.variance == pytest.approx(2.0)


def test_one_conversation_has_no_part_of_conversations() -> None:
    assert list(named(split_noise(nested([[[1]], [[2]]]), {"q": "c"}, judged=False))) == [
        "memory+answering"
    ]


@pytest.mark.parametrize(
    "scored",
    [
        [],
        nested([[[float("nan")]]]),
        [*nested([[[1]]]), Scored(memory="2", answers="2", values={"other": 1.0})],
    ],
)
def test_values_that_cannot_be_split(scored: list[Scored]) -> None:
    with pytest.raises(ValueError, match="split of noise"):
        split_noise(scored, {"q": "c", "other": "c"}, judged=False)
