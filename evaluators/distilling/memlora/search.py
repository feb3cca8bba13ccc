"""Chooses the experts by the whole pipeline's score on the validation split, and tests them once.

Each stage in turn: every candidate runs in the whole pipeline, with the experts found so far in
earlier stages and the base model in later ones; the best are kept. Then the combinations of what
was kept are compared, and the best one runs on the test split. That trial is recorded, and the
search never runs another one on that split.

Source: MemLoRA (arXiv 2512.04763, algorithm B1, outer loop and final testing).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from locomo_vqa._version import __version__
from locomo_vqa.errors import OutputError
from locomo_vqa.files import new_folder, read_json, write_json
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.schemas import validate

from ...memory.experts import EXPERT_OF
from .samples import Stage
from .training import CANDIDATES
from .trials import Experts, Trial, TrialRunner

__all__ = ["EXPERTS", "SEARCH_RECORD", "Search"]

SEARCH_RECORD = "search.json"
"""The record of the search."""

EXPERTS = "experts"
"""The folder of the chosen experts, which the system `memlora` runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The candidates, and how many of each stage are combined."""

    runner: TrialRunner
    candidates: Mapping[Stage, Sequence[str]]
    """The candidates' names, by stage."""
    top: int
    """How many candidates of a stage are combined."""
    progress: ProgressCallback

    def run(self) -> dict[str, Any]:
        """Choose the experts, copy them to `experts`, and return the content of search.json.

        Raises:
            MissingResource: a metric could not be computed.
            OutputError: the test split was already used for other experts.
        """
        trials: list[Trial] = []
        text = [stage for stage in self.candidates if stage != "vision"]
        chosen = self._choose(text, trials, sees=False)
        if "vision" in self.candidates:
            chosen |= self._choose(["vision"], trials, sees=True)
        tested = self._test(chosen)
        record = {
            "schema_version": 1,
            "kind": "expert_search",
            "student": self.runner.student,
            "judge": self.runner.judge,
            "top": self.top,
            "trials": [trial.to_json() for trial in trials],
            "chosen": dict(chosen),
            "tested": [trial.to_json() for trial in tested],
            "versions": {"locomo-vqa": __version__},
        }
        path = self.runner.out / SEARCH_RECORD
        validate(record, "expert_search", path=path, remedy="Please report this.")
        self._copy(chosen)
        write_json(path, record)
        return record

    def _choose(
        self, stages: Sequence[Stage], trials: list[Trial], *, sees: bool
    ) -> dict[Stage, str]:
        """Return the best combination of the stages' best candidates on the validation split."""
        kept: dict[Stage, list[str]] = {}
        best: dict[Stage, str] = {}
        metric = self.runner.metric_of(stages[0]) if stages else ""

        def value(trial: Trial) -> float:
            return trial.scores[metric]

        def tried(experts: Experts) -> Trial:
            trial = self.runner.run(experts, "validation", sees=sees)
            if trial not in trials:
                trials.append(trial)
            self.progress("trials", len(trials), len(trials))
            return trial

        if stages:
            tried({})
        for stage in stages:
            found = [tried({**best, stage: name}) for name in self.candidates[stage]]
            found.sort(key=value, reverse=True)  # Equal ones keep the order of the search space.
            kept[stage] = [trial.experts[stage] for trial in found[: self.top]]
            best[stage] = kept[stage][0]
        combinations = [
            tried(dict(zip(kept, names, strict=True))) for names in product(*kept.values())
        ]
        if not stages:
            return {}
        return dict(max(combinations, key=value).experts)

    def _test(self, chosen: Experts) -> list[Trial]:
        """Run the chosen experts and the base model on the test split, once.

        Raises:
            OutputError: the test split was already used for other experts.
        """
        path = self.runner.out / SEARCH_RECORD
        if path.is_file():
            earlier = read_json(path, what="the record of the search")["chosen"]
            if dict(earlier) != dict(chosen):
                raise OutputError(
                    f"{path}: the test split was already used for other experts ({earlier}).",
                    "Choose another `out`: experts that are chosen after testing on the test split "
                    "have no fair test left.",
                )
        tested = []
        for sees in (False, True):
            stages = {s: name for s, name in chosen.items() if (s == "vision") == sees}
            if stages:
                tested += [self.runner.run(each, "test", sees=sees) for each in ({}, stages)]
        return tested

    def _copy(self, chosen: Experts) -> None:
        """Copy the chosen adapters to the folder that `memlora` reads."""
        out = self.runner.out
        target = out / EXPERTS
        if target.exists():
            shutil.rmtree(target)
        with new_folder(target, what="the experts", remedy="Choose another `out`.") as folder:
            for stage, name in chosen.items():
                shutil.copytree(out / CANDIDATES / stage / name, folder / EXPERT_OF[stage])
