"""The smallest difference to believe, in words, and what to know of sides with only one run."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.text import counted

from .metric_comparison import MetricComparison
from .sides import Side

__all__ = ["believable_sentence", "notes_on_runs"]


def believable_sentence(one: MetricComparison) -> str:
    """Return how large a difference must be to be believed, and whether this one is."""
    believable, difference = one.believable, one.overall.difference
    digits = 1 if one.scale == 100 else 4
    if believable.value is None:
        return "Smallest difference to believe: not known from one conversation and one run."
    limit = f"{'at least ' if believable.at_least else ''}{believable.value:.{digits}f}"
    counts = ["conversations"] if believable.conversations else []
    if not believable.at_least:
        first, second = believable.runs
        counts.append(f"runs ({first} and {second})")
    verdict = "is larger"
    if believable.covers(difference):
        verdict = "is smaller" if abs(difference) < believable.value else "is not larger"
    return (
        f"Smallest difference to believe: {limit}, from {' and '.join(counts)}; "
        f"{difference:+.{digits}f} {verdict}."
    )


def notes_on_runs(sides: Sequence[Side]) -> list[str]:
    """Return a note if there is only one run of a side, and one on repeats that look like sides."""
    single = [side.name for side in sides if side.count_runs < 2]
    notes = []
    if single:
        notes.append(_note_on_single(single, [side for side in sides if side.count_runs > 1]))
    notes += [
        f"{sides[0].name} and {other.name} have the same settings: if they are runs of one system, "
        "give them together as its repeats, and not as two systems."
        for other in sides[1:]
        if sides[0].settings and sides[0].settings == other.settings
    ]
    return notes


def _note_on_single(names: Sequence[str], repeated: Sequence[Side]) -> str:
    listed = ", ".join(names[:-1]) + (" and " if names[1:] else "") + names[-1]
    given = f"Only one run of {'each of ' if names[1:] else ''}{listed} is given"
    if repeated:
        runs = " and ".join(f"{counted(s.count_runs, 'run')} of {s.name}" for s in repeated)
        return f"{given}: it is taken to be as noisy as the {runs}."
    return (
        f"{given}: how far another run of the same system would be from it is not known, and may "
        "be further than any p-value or interval here says. Three published runs of one system "
        "differ with p = 0.006. Run each system several times, and give its runs together."
    )
