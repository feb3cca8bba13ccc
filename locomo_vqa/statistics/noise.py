"""Splits the variance of a score into judge, answering, memory and conversations.

Runs of one system are nested: each memory is asked one or more times, and each set of answers is
judged one or more times. What was repeated can be separated from what was not; parts that were
not repeated belong to the next part above, in the order of `SOURCES`. The estimates are those of
the analysis of variance (the method of moments): each mean square less what the parts below add
to it. `benchmarks/noise.py` measures them on simulated runs with known parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SOURCES", "WHOLE_RUNS", "NoisePart", "NoiseSplit", "RunNoise", "Scored", "split_noise"]

NoiseSource = Literal["conversations", "memory", "answering", "judge"]
"""What a score varies with:

conversations   which conversations and questions were asked
memory          how a conversation was read into the memory, this time
answering       how a question was answered from one memory, this time
judge           how an answer was judged, this time
"""
SOURCES: tuple[NoiseSource, ...] = get_args(NoiseSource)

WHOLE_RUNS = 0.01
"""The p-value below which runs are said to differ as wholes, not only by conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The values of all questions, from one verdict on one set of answers from one memory."""

    memory: str
    """The name of the memory; runs with one name share it."""
    answers: str
    """The name of the set of answers."""
    values: Mapping[str, float]
    """By question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoisePart:
    """A part of the variance of one run's score."""

    sources: tuple[NoiseSource, ...]
    """What it is due to; several that the runs can't separate."""
    variance: float
    """The variance, on the squared scale of the values; never negative."""
    estimate: float
    """The estimate, which chance can make negative; `variance` is then 0."""
    degrees: int
    """The degrees of freedom of the mean square that it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNoise:
    """How runs of a system vary as wholes, on the same questions."""

    variance: float
    """The variance between their scores."""
    runs: int
    """Their number, at least two; memories, if several were read."""
    within: float = 0.0
    """What a single run's variance is larger by, if each memory was asked several times."""
    within_degrees: int = 0
    """Its degrees of freedom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseSplit:
    """The variance of one run's score, in parts that add up to it."""

    parts: tuple[NoisePart, ...]
    """In the order of `SOURCES`."""
    whole_runs_p: float | None
    """The p-value of the hypothesis that runs differ by conversation only, not as wholes; None
    with one conversation, or if nothing was repeated."""
    between: RunNoise | None
    """The variation of whole runs at the highest level that was repeated; None if nothing was."""

    @property
    def total(self) -> float:
        """The variance of the score of one run: the sum of the parts."""
        return sum(part.variance for part in self.parts)


@dataclass(slots=True)
class _Node:
    """The mean of what lies below a memory, a set of answers, or a verdict."""

    sums: NDArray[np.float64]
    """By conversation: the share that it adds to the score."""
    below: float = 0.0
    """The variance that the parts below give to the node's score."""
    apart: float = 0.0
    """The same, of variation by conversation only."""


@dataclass(slots=True)
class _Level:
    """The mean squares of nodes that share what is above them."""

    whole: float
    """Of whole scores."""
    apart: float | None
    """Of what differs by conversation, as a variance of the score; None with one conversation."""
    degrees: int
    """Of whole scores."""
    p: float | None


def split_noise(
    scored: Sequence[Scored], conversations: Mapping[str, str], *, judged: bool
) -> NoiseSplit:
    """Return the parts of the variance of one run's score, the mean over all questions.

    Between runs, scores are compared twice: as wholes, with one degree of freedom for each further
    run, and by conversation, with as many for each conversation but one. If runs don't differ more
    as wholes than by conversation explains (F test at `WHOLE_RUNS`), the second is used, which is
    far more certain; the parts then add up to the mean of the runs' squared clustered errors.

    Args:
        scored: at least one set of values; all of the same questions.
        conversations: the conversation of each question.
        judged: whether the values are a judge's verdicts, so that the judge is one of the sources.

    Sources: S. R. Searle, G. Casella and C. E. McCulloch, "Variance Components", 1992, chapter 4
    (the method of moments, negative estimates); G. W. Snedecor and W. G. Cochran, "Statistical
    Methods", 7th edition, 1980, section 13.6 (nested samples).

    Raises:
        ValueError: there are no values, the sets are of different questions, or a value is not
            finite.
    """
    vectors, weights = _by_conversation(scored, conversations)
    tree: dict[str, dict[str, list[_Node]]] = {}
    for one, sums in zip(scored, vectors, strict=True):
        tree.setdefault(one.memory, {}).setdefault(one.answers, []).append(_Node(sums))
    found: list[tuple[NoiseSource, float, int]] = []
    tests: list[_Level] = []

    def rise(groups: list[list[_Node]], source: NoiseSource) -> list[_Node]:
        level = _mean_squares(groups, weights)
        estimate = apart = 0.0
        if level is not None:
            estimate, apart = _estimates(level, groups)
            by_conversation = level.p is not None and level.p >= WHOLE_RUNS
            extra = len(weights) - 1 if by_conversation else 1
            found.append((source, estimate, level.degrees * extra))
            tests.append(level)
        return [_joined(nodes, estimate, apart) for nodes in groups]

    verdicts = [nodes for sets in tree.values() for nodes in sets.values()]
    judged_sets = iter(rise(verdicts, "judge"))
    answers = [[next(judged_sets) for _ in sets] for sets in tree.values()]
    memories = rise(answers, "answering")
    (top,) = rise([memories], "memory")
    if len(weights) > 1:
        clustered = _clustered(top.sums, weights)
        found.append(("conversations", clustered - top.apart, len(weights) - 1))
    return NoiseSplit(
        parts=_named(found[::-1], judged),
        whole_runs_p=tests[-1].p if tests else None,
        between=_between((memories, answers[0], verdicts[0]), answers),
    )


def _by_conversation(
    scored: Sequence[Scored], conversations: Mapping[str, str]
) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """Return what each conversation adds to each score, and its share of the questions."""
    import numpy as np

    if not scored or not scored[0].values:
        raise ValueError("A split of noise needs values.")
    questions = list(scored[0].values)
    if any(one.values.keys() != scored[0].values.keys() for one in scored):
        raise ValueError("A split of noise needs the same questions in every run.")
    names = {name: n for n, name in enumerate(dict.fromkeys(conversations[q] for q in questions))}
    places = np.array([names[conversations[question]] for question in questions])
    vectors = []
    for one in scored:
        values = np.array([one.values[question] for question in questions], dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError("A split of noise needs finite values.")
        vectors.append(np.bincount(places, weights=values, minlength=len(names)) / len(questions))
    return vectors, np.bincount(places, minlength=len(names)) / len(questions)


def _mean_squares(groups: Sequence[Sequence[_Node]], weights: NDArray[np.float64]) -> _Level | None:
    """Return the mean squares within groups; None if no group has two members."""
    import numpy as np
    from scipy.special import fdtrc  # type: ignore[import-untyped, unused-ignore]

    degrees = sum(len(group) - 1 for group in groups)
    if not degrees:
        return None
    whole = apart = 0.0
    for group in groups:
        table = np.array([node.sums for node in group])
        away = table - table.mean(axis=0)
        shifts = away.sum(axis=1)
        whole += float((shifts**2).sum())
        apart += float(((away - shifts[:, None] * weights) ** 2).sum())
    count = len(weights)
    if count < 2:
        return _Level(whole=whole / degrees, apart=None, degrees=degrees, p=None)
    apart *= count / (count - 1)
    ratio = whole / apart if apart > 0 else (float("inf") if whole > 0 else 1.0)
    p = 0.0 if ratio == float("inf") else float(fdtrc(degrees, (count - 1) * degrees, ratio))
    return _Level(whole=whole / degrees, apart=apart / degrees, degrees=degrees, p=p)


def _estimates(level: _Level, groups: Sequence[Sequence[_Node]]) -> tuple[float, float]:
    """Return the variance of a level's own part, and of its variation by conversation."""
    weights = [(len(group) - 1) / len(group) for group in groups for _ in group]
    nodes = [node for group in groups for node in group]
    pairs = list(zip(weights, nodes, strict=True))
    below = sum(weight * node.below for weight, node in pairs) / level.degrees
    below_apart = sum(weight * node.apart for weight, node in pairs) / level.degrees
    if level.apart is None or level.p is None:
        return level.whole - below, 0.0
    apart = level.apart - below_apart
    if level.p < WHOLE_RUNS:
        return level.whole - below, apart
    return level.apart - below, apart


def _joined(nodes: Sequence[_Node], estimate: float, apart: float) -> _Node:
    count = len(nodes)
    return _Node(
        sums=sum((node.sums for node in nodes[1:]), nodes[0].sums.copy()) / count,
        below=sum(estimate + node.below for node in nodes) / count**2,
        apart=sum(apart + node.apart for node in nodes) / count**2,
    )


def _between(
    levels: Sequence[Sequence[_Node]], answers: Sequence[Sequence[_Node]]
) -> RunNoise | None:
    """Return the variation of whole scores at the first level that was repeated."""
    for nodes in levels:
        if len(nodes) > 1:
            found = RunNoise(variance=_variance(nodes), runs=len(nodes))
            return _with_single(found, answers) if nodes is levels[0] else found
    return None


def _with_single(memories: RunNoise, answers: Sequence[Sequence[_Node]]) -> RunNoise:
    """Return the variation of memories, with what single runs vary by beside their means."""
    degrees = sum(len(nodes) - 1 for nodes in answers)
    if not degrees:
        return memories
    squares = sum(_variance(nodes) * (len(nodes) - 1) for nodes in answers if len(nodes) > 1)
    lost = sum(1 / len(nodes) for nodes in answers) / len(answers)
    return replace(memories, within=squares / degrees * (1 - lost), within_degrees=degrees)


def _variance(nodes: Sequence[_Node]) -> float:
    import numpy as np

    return float(np.array([node.sums.sum() for node in nodes]).var(ddof=1))


def _clustered(sums: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the squared clustered error of a score; see `intervals.clustered_mean`."""
    away = sums - weights * sums.sum()
    return float((away**2).sum()) * len(sums) / (len(sums) - 1)


def _named(found: Sequence[tuple[NoiseSource, float, int]], judged: bool) -> tuple[NoisePart, ...]:
    """Return the parts, each with the sources down to the next part."""
    known = [source for source in SOURCES if judged or source != "judge"]
    starts = [known.index(source) for source, _, _ in found if source in known]
    parts = []
    for (source, estimate, degrees), end in zip(found, [*starts[1:], len(known)], strict=False):
        start = known.index(source)
        parts.append(
            NoisePart(
                sources=tuple(known[start:end]),
                variance=max(0.0, estimate),
                estimate=estimate,
                degrees=degrees,
            )
        )
    return tuple(parts)
