"""The stages of a build, in order: ingest, images, split, probe, select, generate, publish.

Each reads what the one before left in the work folder and writes its own file or folder whole. All
model calls go through the response store, so a stage that is run again, after a kill or by choice,
pays for nothing twice and ends with the same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from locomo_vqa.benchmark import Benchmark, QuestionType, load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_jsonl, write_json, write_jsonl
from locomo_vqa.models.chat import ChatModel
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import probe as probe_model
from locomo_vqa.responses import ResponseStore, StoredModel

from .answering import Asked, answer_all
from .build_folder import WorkFolder
from .generation import Place, places_of, write_all
from .plot import plot_error_rates
from .quality import check_quality
from .questions_file import QuestionRow, read_questions, write_questions
from .recipe import Recipe
from .selection import Selection, select_types

__all__ = ["Builder", "StageCounts"]

Tick = Callable[[str, int, int | None], None]
"""Called with the name of a step, how much is done and of how much."""


@dataclass(frozen=True, slots=True)
class StageCounts:
    """How a stage's questions ended."""

    ok: int
    declined: int
    dropped: int
    failed: int

    @classmethod
    def of(cls, rows: Iterable[QuestionRow]) -> StageCounts:
        """Count rows by state."""
        states = [row.state for row in rows]
        return cls(*(states.count(state) for state in ("ok", "declined", "dropped", "failed")))


@dataclass(frozen=True, slots=True)
class Builder:
    """A recipe in a work folder."""

    recipe: Recipe
    work: WorkFolder
    tick: Tick

    def probe(self) -> StageCounts:
        """Have questions of every candidate type written and tried, on a subset of pictures."""
        benchmark = load_benchmark(self.work.need(self.work.split, "split"))
        places = self._probe_places(benchmark)
        rows, verdicts = asyncio.run(self._probe(benchmark, places))
        write_jsonl(
            self.work.probe, [{**asdict(r), **verdicts.get(r.id, _NOT_TRIED)} for r in rows]
        )
        return StageCounts.of(rows)

    def select(self) -> Selection:
        """Choose the types that the validator failed most."""
        rows = [
            row for _, row in read_jsonl(self.work.need(self.work.probe, "probe"), what="the probe")
        ]
        outcomes: dict[QuestionType, dict[str, bool]] = {t: {} for t in self.recipe.probe_types}
        declined = dict.fromkeys(self.recipe.probe_types, 0)
        lost = dict.fromkeys(self.recipe.probe_types, 0)
        for row in rows:
            if row["correct"] is not None:
                outcomes[row["type"]][row["image"]] = not row["correct"]
            elif row["state"] == "declined":
                declined[row["type"]] += 1
            else:
                lost[row["type"]] += 1
        try:
            selection = select_types(outcomes, keep=self.recipe.keep, declined=declined, lost=lost)
        except ValueError as error:
            raise InputError(
                f"{self.work.probe}: {self.recipe.keep} types can't be chosen: {error}.",
                "Give [probe] more pictures, or [select] a smaller `keep`.",
            ) from None
        write_json(self.work.selection, selection.to_json())
        title = f"Error rate of {self.recipe.validator} by question type (95 % intervals)"
        plot_error_rates(selection.results, title, self.work.plot)
        return selection

    def generate(self) -> StageCounts:
        """Write questions of the chosen types about every picture, and check their quality."""
        benchmark = load_benchmark(self.work.need(self.work.split, "split"))
        types = self.work.read(self.work.selection, "select")["types"]
        rows = asyncio.run(self._generate(benchmark, types))
        write_questions(self.work.questions, rows)
        return StageCounts.of(rows)

    def questions(self) -> list[QuestionRow]:
        """Return the generated questions."""
        return read_questions(self.work.need(self.work.questions, "generate"))

    def _probe_places(self, benchmark: Benchmark) -> list[Place]:
        """Return the probe's pictures: those of its split with the lowest hashes."""
        split = self.recipe.probe_split
        places = [place for place in places_of(benchmark) if place.split == split]
        if not places:
            raise InputError(
                f"{benchmark.folder}: the split {split} has no picture that can be shown.",
                "Fetch pictures first (`locomo-vqa build images`), or probe another split.",
            )
        return sorted(places, key=lambda place: place.image)[: self.recipe.probe_pictures]

    async def _probe(
        self, benchmark: Benchmark, places: Sequence[Place]
    ) -> tuple[list[QuestionRow], Mapping[str, Mapping[str, Any]]]:
        types = self.recipe.probe_types
        async with self._model(self.recipe.generator) as generator:
            rows = await self._write(generator, benchmark, places, types, "probe: writing")
        asked = [Asked(row=row, shown="picture") for row in rows if row.state == "ok"]
        verdicts: dict[str, Mapping[str, Any]] = {}
        async with self._model(self.recipe.validator) as validator:
            async for verdict in answer_all(validator, benchmark, asked):
                verdicts[verdict.asked.row.id] = {
                    "validator_answer": verdict.answer,
                    "correct": verdict.correct,
                    "validator_error": verdict.error,
                }
                self.tick("probe: trying", len(verdicts), len(asked))
        return rows, verdicts

    async def _generate(
        self, benchmark: Benchmark, types: Sequence[QuestionType]
    ) -> list[QuestionRow]:
        places = list(places_of(benchmark))
        async with self._model(self.recipe.generator) as generator:
            rows = await self._write(generator, benchmark, places, types, "generate: writing")
            if self.recipe.check_quality:
                rows = await check_quality(
                    generator,
                    benchmark,
                    rows,
                    tick=lambda done, total: self.tick("generate: checking", done, total),
                )
        return rows

    async def _write(
        self,
        model: ChatModel,
        benchmark: Benchmark,
        places: Sequence[Place],
        types: Sequence[QuestionType],
        step: str,
    ) -> list[QuestionRow]:
        """Return a row for each place and type, in the order of the places."""
        rows: list[QuestionRow] = []
        written = write_all(model, benchmark, places, types, attempts=self.recipe.attempts)
        async for row in written:
            rows.append(row)
            self.tick(step, len(rows), len(places) * len(types))
        order = {place.image: number for number, place in enumerate(places)}
        return sorted(rows, key=lambda row: (order[row.image], types.index(row.type)))

    @asynccontextmanager
    async def _model(self, spec: str) -> AsyncIterator[ChatModel]:
        """Open a model behind the response store, probe it, and note what was found."""
        model = open_model(spec)
        try:
            with ResponseStore(self.work.responses) as store:
                found = await probe_model(model)
                stored = StoredModel(model, store)
                self._note(spec, {**stored.identity(), "capabilities": found.to_json()})
                yield stored
        finally:
            await model.close()

    def _note(self, spec: str, facts: Mapping[str, Any]) -> None:
        path = self.work.models
        known = self.work.read(path, "probe") if path.exists() else {}
        write_json(path, {**known, hide_credentials(spec): facts})


_NOT_TRIED: Mapping[str, Any] = {
    "validator_answer": None,
    "correct": None,
    "validator_error": None,
}
