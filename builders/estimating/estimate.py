"""The function `estimate_build`, and its result."""

from __future__ import annotations

import inspect
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.arguments import check_choice, check_number
from locomo_vqa.async_calls import run_async
from locomo_vqa.budget import check_budget, dollars
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.html_table import html_table
from locomo_vqa.notes import note
from locomo_vqa.prices import bundled_prices, read_prices
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.text import counted
from locomo_vqa.workers import parse_workers

from ..build import build
from ..build_folder import BuildFolder
from ..recipe import BuildRecipe, load_recipe
from ..spending.calls import read_build_calls
from ..spending.meter import BuildMeter, noting_step
from ..stages import StageName
from .sample import Taken, WholeBuild, sample_images

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BuildEstimate", "BuildStageEstimate", "estimate_build"]

_LEAST_DOUBT = 0.05
_NOT_SETTINGS = (
    *("recipe", "work", "stages", "after_stage", "prices", "budget", "progress", "workers"),
)
_CHANGED = ("locomo", "generator", "validator", "verifier", "phash_distance", "limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStageEstimate:
    """What a stage of a build will take in all."""

    stage: str
    """`probe`, `generate` or `quality`; the total is `all`."""
    calls: float
    tokens_in: float
    tokens_out: float
    cost: float | None
    """In US dollars; None if unknown. 0 for models in this process."""
    share: float
    """Half of the interval of about 95 %, as a share of the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildEstimate:
    """What a whole build will ask of its models, from some of its images."""

    work: Path
    """The work folder: the build goes on there, and pays for no reply again."""
    images: int
    """The images of the sample."""
    whole: WholeBuild
    """The sample, and the numbers of images of the whole build."""
    stages: tuple[BuildStageEstimate, ...]
    """The estimate of each stage; the last is `all`."""
    seconds: float | None
    """The time that the models take; None if it was not measured."""
    spent: float | None
    """What the calls have cost so far in US dollars; None if unknown."""
    prices: str
    """The table of prices, and its newest day."""

    @property
    def cost(self) -> float | None:
        """What the whole build will cost in US dollars; None if unknown."""
        return self.stages[-1].cost

    @property
    def cost_text(self) -> str:
        """The price in words."""
        if self.cost is None:
            return "price unknown"
        return dollars(self.cost) if self.cost else "time only"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the figures mean, in sentences."""
        whole = self.whole
        chosen = "" if whole.selected else ", which the sample would choose"
        said = [
            f"From {counted(self.images, 'image')}. The probe asks about {whole.probed:,}, "
            f"generate about {whole.generated:,} more, with {', '.join(whole.types)}{chosen}. "
            "± is about 95 %, if the other images are like these."
        ]
        if self.cost is None:
            said.append(f"No price is known for a model of the build ({self.prices}).")
        return tuple(said)

    def __repr__(self) -> str:
        calls = self.stages[-1].calls
        return f"<BuildEstimate in {str(self.work)!r}: {calls:,.0f} calls, {self.cost_text}>"

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with a row for each stage, and one for all.

        Columns: stage, calls, tokens_in, tokens_out, cost (NaN if unknown), share.
        """
        import pandas as pd

        return pd.DataFrame([asdict(stage) for stage in self.stages])

    def table(self) -> list[tuple[str, ...]]:
        """Return the cells of a row for each stage: stage, calls, tokens in and out, price."""
        rows = []
        for each in self.stages:
            doubt = f" ± {max(1, round(100 * each.share))} %" if each.calls else ""
            figures = (each.calls, each.tokens_in, each.tokens_out)
            price = f"{dollars(each.cost).removeprefix('$')}{doubt}" if each.cost else "–"
            rows.append((each.stage, *(f"{figure:,.0f}{doubt}" for figure in figures), price))
        return rows

    def _repr_html_(self) -> str:
        return html_table(
            ["Stage"],
            self.table(),
            numbers=["calls", "tokens in", "tokens out", "$"],
            caption=f"Build in {self.work}: {self.cost_text}",
            notes=self.notes,
        )


@checked
def estimate_build(
    recipe: str | Path | BuildRecipe | None = None,
    *,
    work: str | Path,
    sample_images: int = 6,
    prices: str | Path | None = None,
    budget: float | None = None,
    progress: bool | ProgressCallback = True,
    **settings: Any,
) -> BuildEstimate:
    """Estimate what a build will ask of its models, by asking about some of its images.

    The stages up to `split` are run, which ask no model. Then questions of all types are written
    about the first images of the probe, tried on the validator, and checked as the stage generate
    does. Replies are stored in the work folder, so the build pays for none of them again.

    Args:
        recipe: as for `build`.
        work: as for `build`.
        sample_images: how many images to ask about.
        prices: a table of model prices, instead of the bundled one.
        budget: what the estimate and earlier calls of the build may cost, in US dollars.
        progress: as for `build`.
        settings: other arguments of `build`, for the stages up to `split`; `workers` is refused
            unless it names this process.

    Raises:
        InputError: as for `build`.
        BudgetReached: the sample costs more than `budget`; replies are kept.
    """
    check_budget(budget)
    check_number("sample_images", sample_images, low=1, whole=True)
    if parse_workers(settings.pop("workers", None)).ray:
        raise InputError(
            "`workers`: an estimate asks about a few images only, from this process.",
            "Leave it out for the estimate; the build may have it.",
        )
    names = [name for name in inspect.signature(build).parameters if name not in _NOT_SETTINGS]
    for name in settings:
        check_choice("settings", name, names)
    folder = BuildFolder(Path(work))
    table = read_prices(Path(prices)) if prices is not None else bundled_prices()
    first = load_recipe(recipe) if recipe is not None else folder.recipe()
    with BuildMeter(folder.calls, table, budget) as meter:
        changed = {name: settings[name] for name in _CHANGED if settings.get(name) is not None}
        if first is not None:
            meter.check_priced(replace(first, **changed), {"probe", "generate"})
        stages: list[StageName] = ["ingest", "images", "split"]
        made = build(first, work=work, stages=stages, progress=progress, **settings)
        base = first or made.recipe
        assert base is not None  # The folder remembers it by now.
        plan = replace(base, **changed)
        meter.count_earlier()
        with folder.locked(), progress_reporter(progress) as report:
            whole = run_async(
                _sampled(folder, plan, meter, sample_images, noting_step(meter, report))
            )
        return _estimated(folder, meter, whole)


async def _sampled(
    folder: BuildFolder,
    recipe: BuildRecipe,
    meter: BuildMeter,
    number: int,
    report: ProgressCallback,
) -> WholeBuild:
    each = len(recipe.probe_types)
    limit = meter.budget.limit
    most = (
        "What that costs is not known before; a budget limits it."
        if limit is None
        else f"At most {dollars(limit)} is spent."
    )
    note(
        f"The estimate has questions of {each} types written about {counted(number, 'image')}, "
        f"tried and checked. {most}"
    )
    return await sample_images(folder, recipe, meter, number, report)


def _estimated(folder: BuildFolder, meter: BuildMeter, whole: WholeBuild) -> BuildEstimate:
    images = whole.images
    probing = [[*image.written(), *image.trying, *image.verified()] for image in images]
    generating = [[*i.written(whole.types), *i.verified(whole.types)] for i in images]
    stages = [
        _times("probe", probing, whole.probed),
        _times("generate", generating, whole.generated),
        _times("quality", [image.quality for image in images], whole.checked),
    ]
    finished = [row.state == "ok" for image in images for row in image.rows]
    doubts = {"probe": _doubt_of_share(finished) / 2, "quality": _doubt_of_share(finished)}
    stages = [
        replace(stage, share=math.hypot(stage.share, doubts.get(stage.stage, 0.0)))
        for stage in stages
    ]
    stages = [stage for stage in stages if stage.calls]
    seconds = [call.seconds for call in read_build_calls(folder.calls) if call.outcome == "ok"]
    seconds = seconds or [one.seconds for one in _every(whole) if one.seconds is not None]
    total = _sum(stages)
    return BuildEstimate(
        work=folder.path,
        images=len(images),
        whole=whole,
        stages=(*stages, total),
        seconds=total.calls * statistics.fmean(seconds) / whole.in_flight if seconds else None,
        spent=meter.budget.known_spent,
        prices=f"{meter.prices.name} of {meter.prices.dated}",
    )


def _every(whole: WholeBuild) -> Iterable[Taken]:
    for image in whole.images:
        yield from (*image.written(), *image.trying, *image.verified(), *image.quality)


def _doubt_of_share(found: Sequence[bool]) -> float:
    """Return the doubt about how many questions can be written, as a share of their number.

    Only these are tried and checked. One more of each kind is assumed, so that a sample in which
    none was declined is not certain that none will be.
    """
    number = len(found)
    rate = (sum(found) + 1) / (number + 2)
    return 2 * math.sqrt(rate * (1 - rate) / max(1, number)) / rate


def _times(stage: str, images: Sequence[Sequence[Taken]], number: int) -> BuildStageEstimate:
    """Return what a number of images takes, if they are like these."""
    tokens = [float(sum(one.sent + one.came for one in image)) for image in images]
    mean = statistics.fmean(tokens)
    spread = statistics.stdev(tokens) if len(tokens) > 1 else mean / 2
    error = spread * math.sqrt(number * number / len(tokens) + number)
    share = max(_LEAST_DOUBT, _t(len(tokens)) * error / (number * mean)) if number and mean else 0.0
    every = [one for image in images for one in image]
    factor = number / len(images)
    costs = [one.cost for one in every]
    known = [cost for cost in costs if cost is not None]
    return BuildStageEstimate(
        stage=stage,
        calls=factor * len(every),
        tokens_in=factor * sum(one.sent for one in every),
        tokens_out=factor * sum(one.came for one in every),
        cost=factor * sum(known) if len(known) == len(costs) else None,
        share=share,
    )


def _t(number: int) -> float:
    """Return how many standard errors make 95 % for the mean of a number of images."""
    from scipy.stats import t  # type: ignore[import-untyped, unused-ignore]

    return float(t.ppf(0.975, max(1, number - 1)))


def _sum(stages: Sequence[BuildStageEstimate]) -> BuildStageEstimate:
    tokens = sum(stage.tokens_in + stage.tokens_out for stage in stages)
    weighted = sum(stage.share * (stage.tokens_in + stage.tokens_out) for stage in stages)
    costs = [stage.cost for stage in stages]
    known = [cost for cost in costs if cost is not None]
    return BuildStageEstimate(
        stage="all",
        calls=sum(stage.calls for stage in stages),
        tokens_in=sum(stage.tokens_in for stage in stages),
        tokens_out=sum(stage.tokens_out for stage in stages),
        cost=sum(known) if len(known) == len(costs) else None,
        share=weighted / tokens if tokens else 0.0,
    )
