"""What a build has made so far, read from its work folder on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.files import read_json, read_jsonl
from locomo_vqa.html_table import html_table
from locomo_vqa.text import counted

from .build_folder import BuildFolder
from .questions.rows import (
    Objection,
    QuestionCounts,
    QuestionRow,
    commonest_objection,
    count_states,
    read_questions,
)
from .recipe import BuildRecipe
from .stages import PublishedBuild

if TYPE_CHECKING:
    from .images.losses import Losses
    from .selection.choice import Selection

__all__ = ["Build"]


class Build:
    """A build in its work folder; missing results are None. A notebook shows a summary."""

    def __init__(
        self, folder: BuildFolder, *, out: Path, published: PublishedBuild | None = None
    ) -> None:
        """Read nothing yet."""
        self._paths = folder
        self.work = folder.path
        """The work folder."""
        self.out = out
        """Where the data set is, or will be."""
        self.published = published
        """What the stage `publish` did in this call."""

    def __repr__(self) -> str:
        return f"<Build in {str(self.work)!r}: {self._made()}>"

    def _made(self) -> str:
        """Return a phrase for the result of the latest stage."""
        if self.benchmark is not None:
            return f"published in {str(self.out)!r}, {len(self.benchmark.visual_questions):,} " + (
                "visual questions"
            )
        if self.questions is not None:
            return f"{counted(len(self.questions), 'question')} generated"
        if self.selection is not None:
            return f"{', '.join(self.selection.types) or 'no types'} selected"
        if self.losses is not None:
            return f"{self.losses.by_state.get('ok', 0):,} of {self.losses.urls:,} images fetched"
        return "no images yet"

    @property
    def folder(self) -> Path | None:
        """The published data set, which is also a benchmark folder."""
        return self.out if (self.out / "benchmark.json").is_file() else None

    @cached_property
    def benchmark(self) -> Benchmark | None:
        """The published data set, loaded on first use."""
        return load_benchmark(self.folder) if self.folder is not None else None

    @property
    def recipe(self) -> BuildRecipe | None:
        """The choices of the build, as its folder remembers them."""
        return self._paths.recipe()

    @cached_property
    def losses(self) -> Losses | None:
        """What happened to every image's URL."""
        from .images.losses import read_losses

        return read_losses(self._paths.losses) if self._paths.losses.exists() else None

    @cached_property
    def removed(self) -> Sequence[Mapping[str, Any]] | None:
        """The images that were removed because several splits share them, with the reasons."""
        found: Sequence[Mapping[str, Any]] | None = _json_if_made(self._paths.removed)
        return found

    @cached_property
    def selection(self) -> Selection | None:
        """The chosen question types, and how sure the choice is."""
        from .selection.choice import Selection

        found = _json_if_made(self._paths.selection)
        return Selection.from_json(found) if found is not None else None

    @property
    def plot(self) -> Path | None:
        """The plot of the selection as an SVG; a PNG of the same name is next to it."""
        return self._paths.plot if self._paths.plot.exists() else None

    @cached_property
    def questions(self) -> Sequence[QuestionRow] | None:
        """The generated questions, before the review."""
        path = self._paths.questions
        return read_questions(path) if path.exists() else None

    @cached_property
    def counts(self) -> Mapping[str, QuestionCounts]:
        """The outcomes of the stages `probe` and `generate`, if they have run."""
        found = {}
        if self._paths.probe.exists():
            rows = read_jsonl(self._paths.probe, what="the file of the probe")
            found["probe"] = count_states(row["state"] for _, row in rows)
        if self.questions is not None:
            found["generate"] = count_states(row.state for row in self.questions)
        return found

    @cached_property
    def objections(self) -> Mapping[str, Objection | None]:
        """The most common reason why `probe` and `generate` dropped questions, with an example."""
        found: dict[str, Objection | None] = {}
        if self._paths.probe.exists():
            rows = read_jsonl(self._paths.probe, what="the file of the probe")
            probed = ((row["state"], row["problem"], row.get("reply")) for _, row in rows)
            found["probe"] = commonest_objection(probed)
        if self.questions is not None:
            written = ((row.state, row.problem, row.reply) for row in self.questions)
            found["generate"] = commonest_objection(written)
        return found

    @cached_property
    def validator_errors(self) -> Mapping[str, int]:
        """Why the validator gave no answer in the stage `probe`, and how often."""
        if not self._paths.probe.exists():
            return {}
        rows = read_jsonl(self._paths.probe, what="the file of the probe")
        errors = (error for _, row in rows if (error := row.get("validator_error")))
        return dict(Counter(errors).most_common())

    @property
    def incomplete(self) -> bool:
        """Whether repeating the call can improve it: some images or replies are missing."""
        unfetched = self.losses is not None and "not_fetched" in self.losses.by_state
        return unfetched or self.unanswered

    @property
    def unanswered(self) -> bool:
        """Whether a model gave no reply to some questions; repeating the call asks them again."""
        return any(counts.failed for counts in self.counts.values())

    @property
    def lost_images(self) -> int:
        """How many URLs have no image, for whatever reason."""
        return 0 if self.losses is None else self.losses.urls - self.losses.by_state.get("ok", 0)

    def _repr_html_(self) -> str:
        rows: list[tuple[str, str]] = []
        if self.losses is not None:
            states = ", ".join(f"{n:,} {state}" for state, n in self.losses.by_state.items())
            rows.append(("images", f"{counted(self.losses.urls, 'URL')}: {states}"))
        if self.removed is not None:
            rows.append(
                ("split", f"{counted(len(self.removed), 'image')} of several splits removed")
            )
        rows += [(stage, str(counts)) for stage, counts in self.counts.items()]
        if self.selection is not None:
            rows.append(("select", ", ".join(self.selection.types)))
        if self.folder is not None:
            rows.append(("publish", str(self.folder)))
        return html_table(("Stage", "Result"), rows, caption=f"Build in {self.work}")


def _json_if_made(path: Path) -> Any:
    return read_json(path, what="a result of the build") if path.exists() else None
