"""Exports entries as `.eval_results/*.yaml`, which a model's repository on the Hub shows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from locomo_vqa.arguments import check_path
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_text
from locomo_vqa.runs import visual_handling

from ..board import Board
from ..board_entry import Entry
from .choose import chosen_entries, make_folder, opened_board

if TYPE_CHECKING:
    from huggingface_hub import EvalResultEntry

__all__ = ["TASKS", "LeftOut", "export_eval_results"]

TASKS = ("v", "l", "j")
"""The tasks of the data set's eval.yaml: one value for each task and system."""
_SPLIT = "test"
"""The split of these tasks."""
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_REVISION = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A value that was not exported."""

    entry: str
    """The entry's name."""
    task: str | None
    """The task; None for all of them."""
    reason: str
    """Why, in one sentence."""


@checked
def export_eval_results(
    board: Board | str | os.PathLike[str],
    *,
    dataset: str,
    out: str | os.PathLike[str],
    entries: Sequence[str] | None = None,
    revision: str | None = None,
    url: str | None = None,
    name: str | None = None,
) -> tuple[list[Path], list[LeftOut]]:
    """Write entries' V, L and J for the repositories of their models on the Hugging Face Hub.

    Below `out`, each system has `<system>__<answerer>/.eval_results/<data set>.yaml`, to be copied
    to the root of its repository. Where a system has several entries, the newest counts.

    Args:
        board: what `locomo_vqa.verify` returned, or a folder of submissions that was verified.
        dataset: the data set's repository, `org/name`; its eval.yaml has the tasks.
        out: the folder to write to.
        entries: the entries' names; None for all that are accepted and not withdrawn.
        revision: the commit of the data set, 40 hexadecimal digits.
        url: the address of the board, which the model's page links to.
        name: the name of the board; it needs `url`.

    Returns:
        The files, and what was left out: entries that don't answer the test split, V of recalled
        images, which is another task, and a J that has no rank.

    Raises:
        InputError: an argument is not valid, or the submissions changed after verification.
        OutputError: a file can't be written.
    """
    target = check_path("out", out)
    _check_arguments(dataset, revision, url, name)
    chosen = chosen_entries(opened_board(board), entries)
    newest = {entry.name.rpartition("/")[0]: entry for entry in chosen}
    written: list[Path] = []
    left_out: list[LeftOut] = []
    for system, entry in newest.items():
        values = list(_values(entry, left_out))
        if not values:
            continue
        path = target / system / ".eval_results" / f"{dataset.partition('/')[2]}.yaml"
        make_folder(path.parent)
        results = [
            _result(entry, task, value, dataset, revision, url, name) for task, value in values
        ]
        write_text(path, _yaml(results))
        written.append(path)
    return written, left_out


def _check_arguments(dataset: str, revision: str | None, url: str | None, name: str | None) -> None:
    if not _REPOSITORY.fullmatch(dataset):
        raise InputError(
            f"`dataset` must be org/name, not {dataset!r}.",
            "Give the repository of the data set on the Hub.",
        )
    if revision is not None and not _REVISION.fullmatch(revision):
        raise InputError(
            f"`revision` must be a commit of 40 hexadecimal digits, not {revision!r}.",
            "Copy it from the data set's page, or leave it out.",
        )
    if url is not None and not url.startswith(("https://", "http://")):
        raise InputError(f"`url` is not a web address: {url!r}.", "Begin it with https://.")
    if name is not None and url is None:
        raise InputError("`name` needs `url`.", "Give the address of the board, too.")


def _values(entry: Entry, left_out: list[LeftOut]) -> Iterator[tuple[str, float]]:
    """Yield the tasks of an entry with their values; add the others to `left_out`."""
    if entry.split != _SPLIT:
        reason = f"The tasks are about the {_SPLIT} split; this entry answers {entry.split}."
        left_out.append(LeftOut(entry=entry.name, task=None, reason=reason))
        return
    for task in TASKS:
        value = entry.value(task)
        if value is None:
            continue
        reason_against = _reason_against(entry, task)
        if reason_against is None:
            yield task, round(value, 2)
        else:
            left_out.append(LeftOut(entry=entry.name, task=task, reason=reason_against))


def _reason_against(entry: Entry, task: str) -> str | None:
    assert entry.scores is not None and entry.metadata is not None
    if task == "v" and visual_handling(entry.metadata) != "given":
        return "V of recalled images is not the task V."
    corrected = entry.scores["metrics"][task].get("corrected")
    if task == "j" and corrected is not None and corrected["lenient"]:
        return "The judge accepts too many wrong answers."
    return None


def _result(
    entry: Entry,
    task: str,
    value: float,
    dataset: str,
    revision: str | None,
    url: str | None,
    name: str | None,
) -> EvalResultEntry:
    from huggingface_hub import EvalResultEntry

    assert entry.scores is not None and entry.metadata is not None
    signature = entry.scores["metrics"][task]["signature"]
    images = entry.metadata["image_handling"] or "not stated"
    return EvalResultEntry(
        dataset_id=dataset,
        task_id=task,
        value=value,
        dataset_revision=revision,
        date=entry.name.rpartition("/")[2],
        source_url=url,
        source_name=name,
        notes=f"{entry.badge} by the board from the answers; images: {images}; {signature}",
    )


def _yaml(results: list[EvalResultEntry]) -> str:
    import yaml
    from huggingface_hub import eval_result_entries_to_yaml

    text: str = yaml.safe_dump(
        eval_result_entries_to_yaml(results), sort_keys=False, allow_unicode=True, width=1000
    )
    return text
