"""The benchmarks of the page, in its order."""

from __future__ import annotations

import importlib
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["CATALOG", "Entry", "parser_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A benchmark, which is `python -m benchmarks.NAME`."""

    title: str
    module: str
    """The module's name, without the package."""
    arguments: Sequence[str] = ()
    """The arguments of a recorded run."""
    quick: Sequence[str] = ()
    """Arguments that make it small, to try whether it works."""
    long: bool = False
    """Whether it takes more than two minutes; it is then recorded only by name."""
    locomo: bool = False
    """Whether it reads LoCoMo's file where one is given, with `--locomo`."""

    def command(self, *more: str) -> str:
        """Return the command that runs it."""
        return " ".join(("python -m", f"benchmarks.{self.module}", *self.arguments, *more))


CATALOG = {
    "l": Entry(title="L", module="l_metric", quick=("--rows", "100", "--peer-rows", "10")),
    "text": Entry(
        title="Text metrics", module="text_metrics", quick=("--rows", "200", "--rounds", "1")
    ),
    "r": Entry(title="R", module="retrieval", quick=("--rounds", "1"), locomo=True),
    "endpoint": Entry(title="Asking an endpoint", module="asking", quick=("--questions", "320")),
    "proxy": Entry(title="The metering proxy", module="proxy", quick=("--calls", "32")),
    "images": Entry(
        title="Images", module="images", quick=("--images", "300", "--peer-images", "100")
    ),
    "images-all": Entry(
        title="100,000 images",
        module="images",
        arguments=("--images", "100000"),
        quick=("--images", "400", "--peer-images", "100"),
        long=True,
    ),
    "experts": Entry(
        title="Switching MemLoRA's expert",
        module="expert_switch",
        quick=("--layers", "2", "--hidden", "64", "--rounds", "3"),
    ),
    "board": Entry(
        title="The board",
        module="board_site",
        quick=("--entries", "20", "--questions", "200"),
        long=True,
    ),
    "start": Entry(title="Start-up", module="start_up", quick=("--rounds", "1")),
    "compare": Entry(title="compare", module="compare", quick=("--systems", "3", "--draws", "99")),
    "ray": Entry(
        title="Runs on Ray", module="ray_workers", quick=("--questions", "2", "--latency", "0.02")
    ),
    "ray-build": Entry(
        title="Builds on Ray", module="ray_build", quick=("--rounds", "1", "--latency", "0.02")
    ),
    "import": Entry(title="Imports", module="importing", quick=("--rounds", "1"), locomo=True),
}


def parser_of(entry: Entry) -> ArgumentParser:
    """Return the options of a benchmark."""
    parser: ArgumentParser = importlib.import_module(f"benchmarks.{entry.module}").make_parser()
    return parser
