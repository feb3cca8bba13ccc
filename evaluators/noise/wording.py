"""Says in words what the parts of a score's variance are, and which can't be separated."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.statistics.noise import WHOLE_RUNS, NoisePart, NoiseSplit

__all__ = ["notes_on_split", "part_title"]

_REMEDIES = {
    "memory": "read the conversations again, as repeated runs do",
    "answering": "ask one memory several times, as runs repeated from answers do",
    "judge": "judge the same answers several times (`judge_passes`)",
    "conversations": "use a benchmark of several conversations",
}
"""What makes a source a part of its own."""

_FEW_RUNS = 3
"""With fewer runs, Student's t is far from what it is with many: 12.7, and 4.3 with three."""


def part_title(sources: Sequence[str]) -> str:
    """Return a part's name: its sources, and that they are not separable if there are several."""
    names = " + ".join(sources)
    return names if len(sources) == 1 else f"{names} (not separable)"


def notes_on_split(split: NoiseSplit) -> list[str]:
    """Return what a reader should know of a split, one sentence each."""
    notes = [_not_separable(part) for part in split.parts if len(part.sources) > 1]
    if not any("conversations" in part.sources for part in split.parts):
        notes.append(
            "Conversations are not separable: there is one. To separate them, "
            f"{_REMEDIES['conversations']}."
        )
    below = [part_title(part.sources) for part in split.parts if part.estimate < 0]
    if below:
        notes.append(
            f"The estimate of {' and of '.join(below)} is below 0, by chance, and shown as 0."
        )
    if split.whole_runs_p is not None and split.whole_runs_p < WHOLE_RUNS:
        notes.append(
            "The runs differ as wholes, in the same direction in most conversations "
            f"(p {_p_value(split.whole_runs_p)}), by more than the chance of single questions "
            "explains: their scores were compared as wholes."
        )
    if split.between is not None and split.between.runs < _FEW_RUNS:
        notes.append(
            "Two runs say little about how far whole runs lie apart: with a third, the smallest "
            "difference to believe between two of them falls to about a third."
        )
    return notes


def _not_separable(part: NoisePart) -> str:
    names = f"{', '.join(part.sources[:-1])} and {part.sources[-1]}"
    remedies = ", and ".join(_REMEDIES[source] for source in part.sources[1:])
    return f"{names.capitalize()} are not separable in these runs: to separate them, {remedies}."


def _p_value(p: float) -> str:
    return f"= {p:.3f}" if p >= 0.0005 else "< 0.001"
