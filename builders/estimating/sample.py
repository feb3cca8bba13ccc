"""Asks about a few images as the stages do, and keeps what each request took."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from locomo_vqa.benchmark import Benchmark, QuestionType, load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.models.call_meter import endpoint_of
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.progress import ProgressCallback

from ..build_folder import BuildFolder
from ..questions.answering import Trial, answer_all
from ..questions.quality import check_quality
from ..questions.question_types import generation_prompt
from ..questions.rows import QuestionRow
from ..questions.verification import verify_questions
from ..questions.writing import ImagePlace, chosen_for_trial, image_places, write_in_order
from ..recipe import BuildRecipe
from ..spending.meter import BuildMeter
from ..stages.models import check_build_model, open_stored_model

__all__ = ["ImageSample", "Taken", "WholeBuild", "sample_images"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one request took, whether it was asked now or earlier."""

    sent: int
    came: int
    cost: float | None
    """In US dollars; None if unknown. 0 for a model in this process."""
    seconds: float | None
    """None if the reply was stored."""


@dataclass(slots=True)
class ImageSample:
    """The requests about one image."""

    writing: dict[QuestionType, list[Taken]] = field(default_factory=dict)
    trying: list[Taken] = field(default_factory=list)
    quality: list[Taken] = field(default_factory=list)
    verifying: dict[QuestionType, list[Taken]] = field(default_factory=dict)
    """The verifier's checks."""
    rows: list[QuestionRow] = field(default_factory=list)
    """The questions."""
    correct: dict[QuestionType, bool] = field(default_factory=dict)
    """Whether the validator answered the question of a type."""

    def verified(self, types: Collection[QuestionType] | None = None) -> list[Taken]:
        """Return the requests that verified questions of some types; None for all."""
        return _of_types(self.verifying, types)

    def written(self, types: Collection[QuestionType] | None = None) -> list[Taken]:
        """Return the requests that wrote questions of some types; None for all."""
        return _of_types(self.writing, types)


def _of_types(
    taken: Mapping[QuestionType, Sequence[Taken]], types: Collection[QuestionType] | None
) -> list[Taken]:
    return [one for type, some in taken.items() if types is None or type in types for one in some]


@dataclass(slots=True)
class WholeBuild:
    """The sample, and the numbers of images that it stands for."""

    images: list[ImageSample]
    probed: int
    """How many images the stage probe asks about."""
    generated: int
    """How many the stage generate asks about, beyond those that were probed."""
    checked: int
    """How many images have questions whose quality is checked."""
    types: tuple[QuestionType, ...]
    """The types that are kept."""
    selected: bool
    """Whether these are the build's own choice; otherwise the sample's."""
    in_flight: int
    """How many requests are made at once."""


async def sample_images(
    folder: BuildFolder,
    recipe: BuildRecipe,
    meter: BuildMeter,
    number: int,
    progress: ProgressCallback,
) -> WholeBuild:
    """Ask about the first images of the probe, of which the build asks anyway.

    Raises:
        InputError: no image of the probe's split was fetched.
        BudgetReached: the sample does not fit into the budget.
    """
    benchmark = load_benchmark(folder.need(folder.split, "split"))
    every = list(image_places(benchmark))
    limit = recipe.limit or len(every)
    places = chosen_for_trial(
        [place for place in every if place.split == recipe.probe_split],
        min(recipe.probe_images, limit),
    )
    if not places:
        raise InputError(
            f"{folder.path}: the split {recipe.probe_split} has no image to ask about.",
            "Fetch images first: run the stages up to split.",
        )
    images = [ImageSample() for _ in places[:number]]
    asking = _Asking(folder, recipe, meter, benchmark, places[: len(images)], images, progress)
    await check_build_model(folder, recipe.validator, parameter="validator", meter=meter)
    in_flight = await asking.write()
    await asking.try_out()
    await asking.verify()
    types, selected = _types_of(folder, recipe, images)
    if recipe.check_quality:
        await asking.check(types)
    generated = set(chosen_for_trial(every, limit))
    return WholeBuild(
        images=images,
        probed=len(places),
        generated=len(generated - set(places)),
        checked=len(generated) if recipe.check_quality else 0,
        types=types,
        selected=selected,
        in_flight=in_flight,
    )


def _types_of(
    folder: BuildFolder, recipe: BuildRecipe, images: Sequence[ImageSample]
) -> tuple[tuple[QuestionType, ...], bool]:
    """Return the types that the build chose, or those that the sample would."""
    if folder.selection.exists():
        return tuple(folder.read(folder.selection, "select")["types"]), True
    missed = dict.fromkeys(recipe.probe_types, 0.0)
    for type in recipe.probe_types:
        known = [image.correct[type] for image in images if type in image.correct]
        missed[type] = known.count(False) / len(known) if known else -1.0
    return tuple(sorted(missed, key=lambda type: -missed[type])[: recipe.keep]), False


@dataclass(frozen=True, slots=True)
class _Asking:
    folder: BuildFolder
    recipe: BuildRecipe
    meter: BuildMeter
    benchmark: Benchmark
    places: Sequence[ImagePlace]
    images: Sequence[ImageSample]
    progress: ProgressCallback

    async def write(self) -> int:
        """Write the questions; return how many requests are made at once."""
        recipe = self.recipe
        types = {generation_prompt(type): type for type in recipe.probe_types}
        async with open_stored_model(
            *(self.folder, recipe.generator),
            parameter="generator",
            meter=self.meter,
            stage="probe",
        ) as model:
            for number, (place, image) in enumerate(zip(self.places, self.images, strict=True)):

                def keep(request: ChatRequest, taken: Taken, image: ImageSample = image) -> None:
                    image.writing.setdefault(types[request.text], []).append(taken)

                model.seen = self._seen("generator", keep)
                image.rows = await write_in_order(
                    *(model, self.benchmark, [place], recipe.probe_types),
                    attempts=recipe.attempts,
                    progress=lambda done, total: None,
                )
                self.progress("estimate: writing", number + 1, len(self.images))
            return model.in_flight

    async def try_out(self) -> None:
        """Have the validator answer the questions."""
        async with open_stored_model(
            *(self.folder, self.recipe.validator),
            parameter="validator",
            meter=self.meter,
            stage="probe",
        ) as model:
            for number, image in enumerate(self.images):
                model.seen = self._seen("validator", _adding_to(image.trying))
                trials = [Trial(row=row, shown="image") for row in image.rows if row.state == "ok"]
                async for result in answer_all(model, self.benchmark, trials):
                    if result.correct is not None:
                        image.correct[result.trial.row.type] = result.correct
                self.progress("estimate: trying", number + 1, len(self.images))

    async def verify(self) -> None:
        """Have the verifier check the questions, as the probe does."""
        recipe = self.recipe
        if not recipe.verify_checks:
            return
        role = "generator" if recipe.verifier is None else "verifier"
        async with open_stored_model(
            *(self.folder, getattr(recipe, role)), parameter=role, meter=self.meter, stage="probe"
        ) as model:
            for number, image in enumerate(self.images):
                for row in image.rows:
                    taken = image.verifying.setdefault(row.type, [])
                    model.seen = self._seen(role, _adding_to(taken))
                    await verify_questions(
                        *(model, self.benchmark, [row], recipe.verify_checks),
                        needed=recipe.verify_needed,
                    )
                self.progress("estimate: verifying", number + 1, len(self.images))

    async def check(self, types: Sequence[QuestionType]) -> None:
        """Check the quality of the questions of these types."""
        async with open_stored_model(
            *(self.folder, self.recipe.generator),
            parameter="generator",
            meter=self.meter,
            stage="generate",
        ) as model:
            for number, image in enumerate(self.images):
                model.seen = self._seen("generator", _adding_to(image.quality))
                rows = [row for row in image.rows if row.type in types]
                await check_quality(model, self.benchmark, rows)
                self.progress("estimate: checking", number + 1, len(self.images))

    def _seen(
        self, role: str, keep: Callable[[ChatRequest, Taken], None]
    ) -> Callable[[ChatRequest, ChatReply], None]:
        spec = getattr(self.recipe, role)
        priced = spec.startswith("openai:")
        price = None
        if priced:
            price = self.meter.prices.find(*endpoint_of(spec, role), datetime.now(UTC).date())

        def seen(request: ChatRequest, reply: ChatReply) -> None:
            sent, came = reply.usage.input_tokens or 0, reply.usage.output_tokens or 0
            cost = None if priced else 0.0
            if price is not None:
                cost = price.cost_of(sent, came)
            keep(request, Taken(sent, came, cost, None if reply.replayed else reply.seconds))

        return seen


def _adding_to(taken: list[Taken]) -> Callable[[ChatRequest, Taken], None]:
    return lambda request, one: taken.append(one)
