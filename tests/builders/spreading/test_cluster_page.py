"""The arithmetic of docs/cluster.md, worked out again from the figures that its table names."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.builders.recipe import load_recipe

PAGE = Path(__file__).parents[3] / "docs" / "cluster.md"
PARAMETERS = 78.4e9
FLOPS = 4 * 312e12 * 0.4
STEP_S = 2 * PARAMETERS / (4 * 2.0e12 * 0.6)


def reading(tokens: int) -> float:
    """Return the seconds in which a server reads tokens."""
    return 2 * PARAMETERS * tokens / FLOPS


def hours(images: int, *, once: bool) -> float:
    """Return how long one server works, with images read once or for each call."""
    recipe = load_recipe("paper")
    probed, kept = recipe.probe_images, recipe.keep
    written = probed * len(recipe.probe_types) + (images - probed) * kept
    seen, unseen = images * kept, 2 * images * kept
    readings = images if once else written + seen
    seconds = readings * reading(13 * 256) + written * reading(190)
    seconds += (seen + unseen) * reading(40)
    return (seconds + (60 * written + 3 * (seen + unseen)) * STEP_S / 32) / 3600


def test_hours_and_dollars() -> None:
    text = PAGE.read_text(encoding="utf-8")
    once, each = hours(862, once=True), hours(862, once=False)
    assert f"{once:.2f} h: {4 * once:.1f} GPU hours, ${8 * once:.0f} |" in text
    assert f"{each:.1f} h: {4 * each:.1f} GPU hours, ${8 * each:.0f} |" in text
    assert f"| {60 * once / 16:.1f} min | " in text
    once, each = hours(862_000, once=True), hours(862_000, once=False)
    assert f"{once:.0f} h: {_rounded(4 * once)} GPU hours, $3,000 |" in text
    assert f"{_rounded(each)} h: {_rounded(4 * each)} GPU hours, $13,000 |" in text
    assert f"min | {once / 16:.0f} h |" in text


def _rounded(number: float) -> str:
    return f"{round(number, -1):,.0f}"
