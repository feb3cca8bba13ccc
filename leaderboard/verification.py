"""Checks submissions and scores them; no number that a submitter sends is used.

Each entry is checked separately, so that none can stop the others.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from locomo_vqa.arguments import check_path
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError, LocomoVqaError
from locomo_vqa.files import parse_json, write_json
from locomo_vqa.locks import locked_folder
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.run_notes import record_note, recording_notes, sent_images
from locomo_vqa.run_seal import is_unchanged
from locomo_vqa.runs import FAILED, Prediction, SplitChoice, count_states, visual_handling
from locomo_vqa.schemas import validate
from locomo_vqa.scores import Scorer, default_scorer
from locomo_vqa.text import escape_unprintable

from .board import BOARD_FILE, Board
from .board_entry import Entry
from .entries import (
    METADATA,
    PREDICTIONS,
    RUN,
    EntryFolder,
    find_entries,
    fingerprint,
    ignored_note,
    read_plain,
)
from .entry_notes import (
    AnswerSet,
    ComparedEntry,
    is_in_the_future,
    name_notes,
    name_problems,
    notes_between,
)
from .folder_names import entry_folder_name
from .metadata import parse_metadata
from .rows import Rows, read_rows

__all__ = ["verify"]

_MOST_PROBLEMS = 20
_MOST_NOTES = 10
_STEP = "Verify submissions"


@checked
def verify(
    folder: str | os.PathLike[str],
    *,
    benchmark: Benchmark | str | os.PathLike[str],
    judge: str | None = None,
    rubric: Literal["lenient", "strict"] = "lenient",
    judge_timeout: float = 120.0,
    responses: str | os.PathLike[str] | None = None,
    l_preset: Literal["paper", "minilm"] = "paper",
    l_models: str | os.PathLike[str] | None = None,
    scorer: Scorer | None = None,
    progress: bool | ProgressCallback = True,
) -> Board:
    """Check and score every submission below a folder, and write `board.json` there.

    A submission with a problem is rejected and has no scores; the others are scored here, from
    their answers. The same folder, benchmark and scorer give the same bytes.

    Args:
        folder: the folder of submissions.
        benchmark: a benchmark, its folder, or its name.
        judge: the model whose verdicts determine J, or `"rules"`, which compares words, numbers
            and dates without a model. If None, J is not computed.
        rubric: how the judge compares an answer with the gold answer, `lenient` or `strict`.
        judge_timeout: the time limit of one call to the judge, in seconds.
        responses: the file that stores the judge's replies, so that none is requested twice; None
            for one in the user's cache folder.
        l_preset: the encoder of BERTScore in L: `paper` (roberta-large) or `minilm`.
        l_models: the folder with L's encoders; None for $LOCOMO_VQA_L_MODELS or the Hub's cache.
        scorer: computes the scores, instead of all of this; None for the one that
            `locomo_vqa.score` uses.
        progress: whether to show a progress bar, or what to call with the progress.

    Raises:
        InputError: `folder` does not exist, has other content, or has no submission; or the
            benchmark can't be read.
        OutputError: the board can't be written, or another process is verifying the folder.
        MissingResource: something that the scorer needs is not on this machine.
    """
    path = check_path("folder", folder)
    scorer = scorer or default_scorer(
        judge=judge,
        rubric=rubric,
        judge_timeout=judge_timeout,
        responses=responses,
        l_preset=l_preset,
        l_models=l_models,
    )
    benchmark = load_argument(benchmark)
    found = _find_entries(path)
    busy = "another process is verifying these submissions"
    with locked_folder(path, busy=busy, remedy="Wait until it has finished."):
        entries = _with_notes_between(tuple(_each_verified(found, benchmark, scorer, progress)))
        board = Board(
            folder=path, dataset=benchmark.name, revision=benchmark.revision, entries=entries
        )
        write_json(path / BOARD_FILE, board.to_json())
    return board


def _find_entries(folder: Path) -> tuple[EntryFolder, ...]:
    remedy = "Name the folder that submissions were written to."
    for name, what in ((METADATA, "submission"), (RUN, "run"), ("benchmark.json", "benchmark")):
        if (folder / name).exists():
            raise InputError(f"{folder}: is a {what} folder, not a folder of submissions.", remedy)
    found = find_entries(folder)
    if not found:
        raise InputError(f"{folder}: has no submission.", remedy)
    return found


@dataclass(slots=True, kw_only=True)
class _Findings:
    """The findings about an entry so far."""

    problems: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] | None = None
    run: dict[str, Any] | None = None
    predictions: tuple[Prediction, ...] = ()

    @property
    def split(self) -> SplitChoice | None:
        return self.run["dataset"]["split"] if self.run else None


@dataclass(frozen=True, slots=True)
class _Verified:
    """An entry, and what it answered if it is accepted."""

    entry: Entry
    answers: AnswerSet | None


def _with_notes_between(verified: Sequence[_Verified]) -> tuple[Entry, ...]:
    """Return the entries, with notes on those whose names or answers resemble another's."""
    notes = notes_between(
        [
            ComparedEntry(
                name=each.entry.name,
                system=each.entry.metadata["system"]["name"],
                contact=each.entry.metadata["contact"],
                answers=each.answers,
            )
            for each in verified
            if each.answers is not None and each.entry.metadata is not None
        ]
    )
    return tuple(
        replace(each.entry, notes=(*each.entry.notes, *notes.get(each.entry.name, ())))
        for each in verified
    )


def _each_verified(
    found: Sequence[EntryFolder],
    benchmark: Benchmark,
    scorer: Scorer,
    progress: bool | ProgressCallback,
) -> Iterator[_Verified]:
    with progress_reporter(progress) as report:
        report(_STEP, 0, len(found))
        for number, entry in enumerate(found, 1):
            yield _verify_entry(entry, benchmark, scorer)
            report(_STEP, number, len(found))


def _verify_entry(found: EntryFolder, benchmark: Benchmark, scorer: Scorer) -> _Verified:
    findings, scores = _Findings(), None
    try:
        _examine_entry(found, benchmark, findings)
        if not findings.problems:
            scores = _score_entry(findings, benchmark, scorer)
    except LocomoVqaError:
        raise
    except Exception as error:  # noqa: BLE001 - no entry, however made, may stop the others
        findings.problems.append(f"It can't be checked ({type(error).__name__}: {error}).")
    entry = Entry(
        name=found.name,
        state="rejected" if findings.problems else "rescored",
        problems=_shown_problems(findings.problems),
        notes=findings.notes,
        split=findings.split,
        uses_images=_uses_images(findings.run),
        ran=_what_ran(findings.run),
        metadata=findings.metadata,
        files=findings.files,
        scores=scores,
    )
    answers = None if findings.problems else AnswerSet.of(findings.predictions)
    return _Verified(entry, answers)


def _what_ran(run: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return a system's own name, and the options of its run except for its experts."""
    if run is None:
        return ()
    options = [text for text in run.get("options") or () if not text.startswith("experts")]
    return (run["system"]["name"], *options)


def _uses_images(run: Mapping[str, Any] | None) -> bool | None:
    """Return whether a system used pixels: by what its calls had, or else by what it declares."""
    if run is None:
        return None
    declared: bool = run["system"]["uses_images"]
    return declared if (sent := sent_images(run)) is None else sent


def _shown_problems(problems: list[str]) -> tuple[str, ...]:
    shown = [escape_unprintable(problem) for problem in problems[:_MOST_PROBLEMS]]
    more = len(problems) - len(shown)
    return (*shown, f"And {more:,} more.") if more else tuple(shown)


@contextmanager
def _collect_problems(problems: list[str]) -> Iterator[None]:
    """Add an error about an entry to its problems."""
    try:
        yield
    except InputError as error:
        problems.append(error.message)


def _examine_entry(found: EntryFolder, benchmark: Benchmark, findings: _Findings) -> None:
    if found.problem is not None:
        findings.problems.append(found.problem)
        return
    prints = fingerprint(found.path)
    findings.files, findings.notes = prints.files, ignored_note(prints.ignored)
    problems = findings.problems
    problems.extend(prints.problems)
    if METADATA in findings.files:
        with _collect_problems(problems):
            text = read_plain(found.path / METADATA)
            findings.metadata = parse_metadata(text, path=Path(METADATA))
            problems.extend(f"{METADATA}: {each}" for each in name_problems(findings.metadata))
    if RUN in findings.files:
        with _collect_problems(problems):
            findings.run = _read_run(found.path)
    if findings.run is not None:
        problems.extend(_find_contradictions(findings))
        findings.notes = (*findings.notes, *_find_notes(found, findings))
        if findings.run["dataset"]["revision"] != benchmark.revision:
            problems.append(
                f"{RUN}: the run used another revision of the data set than this board "
                f"({findings.run['dataset']['revision'][:12]}, not {benchmark.revision[:12]})."
            )
        elif PREDICTIONS in findings.files:
            with _collect_problems(problems):
                _examine_rows(found.path, benchmark, findings)


def _read_run(entry: Path) -> dict[str, Any]:
    path = Path(RUN)
    run: dict[str, Any] = parse_json(read_plain(entry / RUN), path=path, what="the run's manifest")
    validate(run, "run", path=path, remedy="Submit the run again.")
    return run


def _find_contradictions(findings: _Findings) -> Iterator[str]:
    run, metadata = findings.run, findings.metadata
    assert run is not None
    if PREDICTIONS in findings.files and (
        run["files"].get(PREDICTIONS) != findings.files[PREDICTIONS]
    ):
        yield f"{PREDICTIONS}: was changed after the run: its hash does not match {RUN}."
    if not is_unchanged(run):
        yield f"{RUN}: was changed after the run: its seal does not match."
    if metadata is None:
        return
    pairs = {
        "image_handling": (metadata["image_handling"], run["image_handling"]),
        "visual_handling": (visual_handling(metadata), visual_handling(run)),
    }
    for name in ("model", "provider", "temperature", "prompt_sha256"):
        pairs[f"answerer.{name}"] = (metadata["answerer"].get(name), run["answerer"][name])
    for name, (submitted, recorded) in pairs.items():
        if submitted != recorded:
            yield f"{METADATA}: {name} is {submitted!r}, but {RUN} says {recorded!r}."


def _find_notes(found: EntryFolder, findings: _Findings) -> Iterator[str]:
    day = found.path.name
    if is_in_the_future(date.fromisoformat(day)):
        yield f"The date {day} is in the future."
    if findings.metadata is None or findings.run is None:
        return
    yield from name_notes(findings.metadata, findings.run)
    for note in recording_notes(findings.run)[:_MOST_NOTES]:
        yield escape_unprintable(note)
    if (unknown := record_note(findings.run)) is not None:
        yield unknown
    metadata = findings.metadata
    expected = entry_folder_name(metadata["system"]["name"], metadata["answerer"]["model"])
    if found.path.parent.name != expected:
        yield f"The folder's name is not that of the system and its answerer, {expected}."


def _examine_rows(entry: Path, benchmark: Benchmark, findings: _Findings) -> None:
    assert findings.run is not None and findings.split is not None
    rows = read_rows(entry, _question_ids(benchmark, findings.split))
    findings.predictions = rows.predictions
    findings.problems.extend(rows.problems)
    if not rows.problems:
        findings.problems.extend(_count_problems(findings.run["counts"], rows))


def _question_ids(benchmark: Benchmark, split: SplitChoice) -> dict[str, None]:
    return {question.id: None for question in questions_of(benchmark, split)}


def _count_problems(counts: Mapping[str, int] | None, rows: Rows) -> Iterator[str]:
    if counts is None:
        yield f"{RUN}: has no counts: the run is not finished."
        return
    states = count_states(rows.predictions)
    found = {
        "total": rows.total,
        "answered": states.get("ok", 0),
        "failed": sum(states.get(state, 0) for state in FAILED),
    }
    for name, number in found.items():
        if counts[name] != number:
            yield f"{RUN}: counts {counts[name]:,} {name}, but the file has {number:,}."


def _score_entry(findings: _Findings, benchmark: Benchmark, scorer: Scorer) -> dict[str, Any]:
    assert findings.split is not None
    scores = scorer(findings.predictions, benchmark, split=findings.split)
    plain: dict[str, Any] = json.loads(json.dumps(scores.to_json()))
    return plain
