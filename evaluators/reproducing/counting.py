"""What a row will cost, by arithmetic from known counts: no model is asked.

Calls follow from the sizes of the splits: an extraction and an update for every two turns and every
store, an answer for every question. They are upper bounds: an extraction without facts needs no
update. Tokens per call are those of MemLoRA's tables A6 and A7; where these have none, they are
assumptions, named here. Hours are calls times the seconds per answer of table 3, one call at a
time on one A100. `estimate_run` measures the same for one run, by making its first part.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from locomo_vqa.models.loopback import is_loopback
from locomo_vqa.models.names import parse_name
from locomo_vqa.prices import PriceTable

from ..judging.rules import RULES
from .choices import Choices
from .cost import Cost, Part
from .paper import PaperRow, load_paper
from .row_plan import RowPlan
from .sizes import SplitSizes, merged

__all__ = ["cost_of"]

_MEMORY_TOKENS = 16
"""Tokens of a memory: the mean over the sample, by the tokenizers of the embedded models."""
_ANSWER = (200, 10)
"""Tokens of an answering prompt without its memories, and of an answer: an assumption."""
_VISION = (320, 40)
"""Tokens of a prompt with an image, and of an answer with its reason: an assumption."""
_VERDICT = (320, 60)
"""Tokens of a judge's prompt (docs/scores.md), and of a reply with a short reason: assumed."""
_TOP_K = 30
_STAND_IN_TOP_K = 10
_STAND_IN_SECONDS = 0.03
"""Seconds per reply of the embedded models, measured on one core."""
_TRIALS = {False: 18, True: 24}
"""The most trials of a search on the validation split, without and with a vision expert."""
_TESTS = {False: 2, True: 4}
"""Its runs on the test split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Load:
    """Calls with their tokens each: (calls, tokens in, tokens out)."""

    groups: Sequence[tuple[int, float, float]]

    @property
    def calls(self) -> int:
        return sum(calls for calls, _, _ in self.groups)

    def tokens(self, which: int) -> float:
        return sum(group[0] * group[which] for group in self.groups)

    def times(self, number: int) -> _Load:
        return _Load(groups=[(calls * number, sent, came) for calls, sent, came in self.groups])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Costing:
    """Counts the parts of a row."""

    plan: RowPlan
    choices: Choices
    sizes: Mapping[str, SplitSizes]
    split: str
    limit: int | None
    prices: PriceTable

    def parts(self) -> list[Part]:
        row = self.plan.row
        splits = list(self.sizes) if self.split == "all" else [self.split]
        asked = merged([self.sizes[name] for name in splits]).limited(self.limit)
        found: list[Part] = []
        for step in self.plan.steps:
            if step.call == "distill_memlora":
                parts = self._distillation(row, "vision" in step.arguments["stages"])
            elif step.call == "run":
                parts = self._run(row, asked)
            else:
                parts = self._judging("judge", asked.scored_questions)
            found += [replace(part, step=step.key) for part in parts]
        return found

    def _run(self, row: PaperRow, asked: SplitSizes) -> list[Part]:
        large = [] if row.large is None else list(row.stages)
        loads = {
            "extraction": self._memory_load(row, asked, row.model, ["extraction"]),
            "update": self._memory_load(row, asked, row.model, ["update"]),
            "generation": self._answers(row, asked),
        }
        own = [
            group for stage, load in loads.items() if stage not in large for group in load.groups
        ]
        parts = [self._part("run", row.model, _Load(groups=own))]
        if row.large is not None:
            others = [group for stage in large for group in loads[stage].groups]
            parts.append(self._part("run", row.large, _Load(groups=others)))
        return parts

    def _distillation(self, row: PaperRow, sees: bool) -> list[Part]:
        assert row.teacher is not None
        taught = merged([self.sizes["train"], self.sizes["validation"]])
        stages = ["extraction", "update"]
        teaching = self._memory_load(row, taught, row.teacher, stages)
        searched: list[tuple[int, float, float]] = []
        for split, number in (("validation", _TRIALS[sees]), ("test", _TESTS[sees])):
            groups = self._memory_load(row, self.sizes[split], row.model, stages).groups
            trial = _Load(groups=[*groups, *self._answers(row, self.sizes[split]).groups])
            searched += trial.times(number).groups
        scored = sum(
            self.sizes[split].scored_questions * number
            for split, number in (("validation", _TRIALS[False]), ("test", _TESTS[False]))
        )
        return [
            self._part("teacher", row.teacher, teaching),
            self._part("search", row.model, _Load(groups=searched)),
            *self._judging("search", scored),
        ]

    def _memory_load(
        self, row: PaperRow, sizes: SplitSizes, model: str, stages: Sequence[str]
    ) -> _Load:
        windows = sizes.windows * self._stores(row)
        form = "mem0" if row.teacher is None else "memlora"
        sent, came = _tokens_in(form), _tokens_out(form, model)
        return _Load(groups=[(windows, sent[stage], came[stage]) for stage in stages])

    def _answers(self, row: PaperRow, sizes: SplitSizes) -> _Load:
        top_k = _STAND_IN_TOP_K if self.choices.of(row.model).is_embedded else _TOP_K
        context = self._stores(row) * top_k * _MEMORY_TOKENS
        groups: list[tuple[int, float, float]] = [
            (sizes.text_questions, context + _ANSWER[0], _ANSWER[1])
        ]
        if row.system in ("mem0-v", "memlora-v"):
            groups.append((sizes.visual_questions, *_VISION))
        elif row.system == "mem0-captions":
            groups.append((sizes.visual_questions, _ANSWER[0], _ANSWER[1]))
        return _Load(groups=groups)

    def _stores(self, row: PaperRow) -> int:
        """Return the number of stores; each reads every window."""
        is_stand_in = self.choices.of(row.model).is_embedded
        return 1 if is_stand_in or row.teacher is not None else 2

    def _judging(self, what: str, answers: int) -> list[Part]:
        judge = self.plan.judge
        if judge is None or judge == RULES:
            return []
        load = _Load(groups=[(answers, *_VERDICT)])
        seconds = None
        if judge == self.choices.of(load_paper().judge).model:
            seconds = load_paper().models[load_paper().judge].s_per_answer
        return [self._priced(what, "judge", judge, load, seconds)]

    def _part(self, what: str, model: str, load: _Load) -> Part:
        choice = self.choices.of(model)
        seconds = load_paper().models[model].s_per_answer if choice.is_papers else None
        if choice.is_embedded:
            seconds = _STAND_IN_SECONDS
        return self._priced(what, model, choice.model, load, seconds)

    def _priced(self, what: str, model: str, name: str, load: _Load, seconds: float | None) -> Part:
        return Part(
            what=what,
            model=model,
            calls=load.calls,
            tokens_in=load.tokens(1),
            tokens_out=load.tokens(2),
            hours=None if seconds is None else load.calls * seconds / 3600,
            dollars=_price(name, load, self.prices),
            step="",
        )


def cost_of(
    plan: RowPlan,
    *,
    choices: Choices,
    sizes: Mapping[str, SplitSizes],
    split: str,
    limit: int | None,
    prices: PriceTable,
) -> Cost:
    """Return what a row costs if nothing of it was run."""
    costing = _Costing(
        plan=plan, choices=choices, sizes=sizes, split=split, limit=limit, prices=prices
    )
    return Cost(parts=costing.parts())


def _tokens_in(form: str) -> dict[str, float]:
    (row,) = [row for row in load_paper().tables["A6"].rows if row.system == form]
    return {stage: row.values[f"input_{stage}"] for stage in ("extraction", "update")}


def _tokens_out(form: str, model: str) -> dict[str, float]:
    """Return the tokens of table A7: of the model, else the mean of its systems' rows."""
    rows = [row for row in load_paper().tables["A7"].rows if row.system == form]
    rows = [row for row in rows if row.model == model] or rows
    return {
        stage: statistics.fmean(row.values[f"output_{stage}"] for row in rows)
        for stage in ("extraction", "update")
    }


def _price(name: str, load: _Load, prices: PriceTable) -> float | None:
    """Return the price; 0 for a model on this machine, None if the table has none."""
    parsed = parse_name(name)
    if parsed.scheme != "openai":
        return 0.0
    host = urlsplit(parsed.target)
    price = prices.find(parsed.options.get("model"), host.netloc, datetime.now(UTC).date())
    if price is not None:
        return price.cost_of(round(load.tokens(1)), round(load.tokens(2)))
    return 0.0 if is_loopback(host.hostname or "") else None
