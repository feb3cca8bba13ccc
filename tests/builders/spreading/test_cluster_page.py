"""The arithmetic of docs/cluster.md, worked out again from the figures that its table names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from locomo_vqa.builders.recipe import load_recipe
from locomo_vqa.evaluators.reproducing.paper import load_paper

PAGE = Path(__file__).parents[3] / "docs" / "cluster.md"
PARAMETERS = 78.4e9
FLOPS = 4 * 312e12 * 0.4
STEP_S = 2 * PARAMETERS / (4 * 2.0e12 * 0.6)
GPUS, DOLLARS = 4, 2
PASSES = ("probe", "verify the probe", "write", "check", "verify")


@dataclass(frozen=True)
class Calls:
    """The calls of the recipe `paper`, if every question is written at once."""

    images: int
    validation_images: int
    """The images of the split that the probe draws from."""

    @property
    def probed(self) -> int:
        return min(load_recipe("paper").probe_images, self.validation_images)

    def __post_init__(self) -> None:
        recipe = load_recipe("paper")
        assert recipe.check_quality
        assert (recipe.probe_images, len(recipe.probe_types), recipe.keep) == (100, 8, 3)
        assert len(recipe.verify_checks) == 3

    @property
    def seen(self) -> dict[str, int]:
        """Calls with an image; what the probe asked about the kept types is stored."""
        probed, left = self.probed, self.images - self.probed
        calls = (8 * probed, 3 * 8 * probed, 3 * left, 3 * self.images, 3 * 3 * left)
        return dict(zip(PASSES, calls, strict=True))

    @property
    def unseen(self) -> int:
        """Calls without an image, and with its caption alone."""
        return 2 * 3 * self.images

    @property
    def readings(self) -> int:
        """How often an image is read, if each pass reads it once."""
        probed, left = self.probed, self.images - self.probed
        return probed + probed + left + self.images + left

    def hours(self, *, once: bool) -> float:
        """Return how long one server works, with an image read once a pass or for each call."""
        written = self.seen["probe"] + self.seen["write"]
        answered = sum(self.seen.values()) - written + self.unseen
        readings = self.readings if once else sum(self.seen.values())
        seconds = readings * reading(13 * 256) + written * reading(190) + answered * reading(45)
        return (seconds + (60 * written + 3 * answered) * STEP_S / 32) / 3600


LOCOMO = Calls(862, load_paper().locomo["splits"]["validation"]["images"])
LARGE = Calls(862_000, 97_000)


def reading(tokens: int) -> float:
    """Return the seconds in which a server reads tokens."""
    return 2 * PARAMETERS * tokens / FLOPS


@pytest.fixture(scope="module")
def rows() -> dict[str, list[str]]:
    """The cells of the page's tables, by the first one."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first: rest for first, *rest in cells}


@pytest.mark.parametrize(("column", "calls"), [(0, LOCOMO), (1, LARGE)])
def test_calls_hours_and_dollars(rows: dict[str, list[str]], column: int, calls: Calls) -> None:
    once, each = (calls.hours(once=value) for value in (True, False))
    found = {first: cells[column] for first, cells in rows.items() if len(cells) == 2}
    assert found["images"] == f"{calls.images:,}"
    assert found["calls to the generator with the image"] == f"{sum(calls.seen.values()):,}"
    assert found["calls to the generator without it"] == f"{calls.unseen:,}"
    assert found["calls to the validator"] == f"{8 * calls.probed:,}"
    assert found["one server, images read once a pass"] == _cost(once)
    assert found["one server, images read for each call"] == _cost(each)
    wall = once / 16
    assert found["16 servers, images read once a pass"] == (
        f"{60 * wall:.1f} min" if wall < 1 else f"{wall:.0f} h"
    )


def test_what_else_grows(rows: dict[str, list[str]]) -> None:
    calls = LARGE
    requests = sum(calls.seen.values()) + calls.unseen + 800
    hours = calls.hours(once=True) / 16
    text = PAGE.read_text(encoding="utf-8")
    passed = f"passes {requests / 1e6:.1f} million requests in {hours:.0f} h"
    assert f"{passed}, {requests / hours / 3600:.0f} a second" in text
    assert f"2.0 kB a reply, measured on a small build: {2.0 * requests / 1e6:.0f} GB" in text
    assert f"0.2 kB a call: {0.2 * requests / 1e6:.1f} GB" in text
    sent = 200e3 * calls.readings / hours / 3600
    assert f"{sent / 1e6:.0f} MB a second" in text
    assert f"take {862_000 / 32 / 3600:.1f} h" in text


def _cost(hours: float) -> str:
    shown = f"{hours:.1f}" if hours < 10 else f"{hours:,.0f}"
    gpu_hours = GPUS * hours
    together = f"{gpu_hours:.1f}" if gpu_hours < 100 else f"{round(gpu_hours, -1):,.0f}"
    dollars = DOLLARS * gpu_hours
    price = f"{dollars:.0f}" if dollars < 1000 else f"{round(dollars, -2):,.0f}"
    return f"{shown} h: {together} GPU hours, ${price}"
