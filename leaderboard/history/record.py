"""Adds an event to the history of an entry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date as Date
from pathlib import Path
from typing import Literal

from locomo_vqa.arguments import check_choice, check_path, check_text
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_text
from locomo_vqa.locks import locked_folder

from ..entry_files.folder import find_entries
from ..entry_files.plain_files import HISTORY, HISTORY_LIMIT, read_plain
from ..secrets import find_secrets, know_the_environment
from .days import check_day, entries_of_day, today
from .events import EVENTS, MOST_EVENTS, HistoryEvent, parse_history
from .histories import EntryHistory, histories_of, read_histories

__all__ = ["record_event"]

_REMEDY = "Correct the argument; nothing was written."


@checked
def record_event(
    entry: str | os.PathLike[str],
    *,
    event: Literal["withdrawn", "superseded", "disputed", "answered", "settled"],
    who: str,
    why: str,
    by: str | None = None,
    date: Date | str | None = None,
) -> Path:
    """Add what happened to an entry to its history, and return the history's file.

    The file is `<date>.history.yaml`, beside the entry's folder. What it contains is never changed.

    Args:
        entry: the entry's folder, such as `submissions/bm25__none/2026-08-31`.
        event: `withdrawn`, `superseded` (by another entry), `disputed`, `answered` (a dispute), or
            `settled` (the dispute is over).
        who: who says so: an address or an account.
        why: the reason; of an answer, the answer. Plain text.
        by: the entry that supersedes this one: its name, or its folder.
        date: the day; None for today.

    Raises:
        InputError: an argument is wrong, there is no such entry, or this can't have happened after
            the events in the history.
        OutputError: the file can't be written, or another process is writing it.
    """
    place = check_path("entry", entry)
    check_choice("event", event, EVENTS)
    check_text("by", by)
    for name, text in (("who", who), ("why", why)):
        if not isinstance(text, str):
            raise InputError(f"`{name}` must be a string, not {text!r}.", f"Correct `{name}`.")
    _check_public({"who": who, "why": why})
    day = check_day("date", date)
    folder, name = _find(place)
    new = HistoryEvent(
        event=event,
        date=day.isoformat(),
        who=" ".join(who.split()),
        why=" ".join(why.split()),
        by=None if by is None else "/".join(Path(by).parts[-2:]),
    )
    path = folder / f"{name}{HISTORY}"
    busy = "another process is writing a history here"
    with locked_folder(path.parent, busy=busy, remedy="Wait until it has finished."):
        text = read_plain(path) if os.path.lexists(path) else ""
        events = (*(parse_history(text, path=Path(path.name)) if text else ()), new)
        _check(folder, name, events)
        write_text(path, _appended(text, events, path))
    return path if place.name != path.name.removesuffix(HISTORY) else place.parent / path.name


def _find(place: Path) -> tuple[Path, str]:
    """Return the folder of submissions, and the entry's name in it."""
    try:
        full = place.resolve()
    except (OSError, RuntimeError) as error:  # A loop of links is a RuntimeError before 3.13.
        raise InputError(f"{place}: can't be resolved ({error}).", "Correct `entry`.") from None
    folder, name = full.parent.parent, "/".join(full.parts[-2:])
    names = [one.name for one in find_entries(folder)] if full.is_dir() else []
    if name not in names:
        raise InputError(
            f"{place}: is not an entry of a board.",
            "Name its folder: <submissions>/<system>__<answerer>/<date>.",
        )
    return folder, name


def _check_public(texts: Mapping[str, str]) -> None:
    know_the_environment()
    for name, text in texts.items():
        for secret in find_secrets(text):
            raise InputError(f"`{name}` has {secret.what}.", "Leave it out: a history is public.")


def _check(folder: Path, name: str, events: tuple[HistoryEvent, ...]) -> None:
    entries, _ = entries_of_day(folder, today())
    others = read_histories(folder, entries, today())
    found = histories_of(
        {**others, name: EntryHistory(events=events)}, {one.name for one in entries}
    )
    for problem in found[name].problems:
        raise InputError(problem, _REMEDY)


def _appended(text: str, events: tuple[HistoryEvent, ...], path: Path) -> str:
    """Return the file's text with the last event added.

    Raises:
        InputError: what is added to the text would not be read as this event.
    """
    import yaml

    added = {key: value for key, value in asdict(events[-1]).items() if value is not None}
    item = yaml.safe_dump([added], allow_unicode=True, sort_keys=False, width=100)
    longer = text + ("" if not text or text.endswith("\n") else "\n") + item
    if len(longer.encode()) > HISTORY_LIMIT or len(events) > MOST_EVENTS:
        raise InputError(
            f"{path.name}: is full: it may have {MOST_EVENTS} events and "
            f"{HISTORY_LIMIT >> 10} KiB.",
            "Say it shorter, or elsewhere, with a link here.",
        )
    try:
        read = parse_history(longer, path=Path(path.name))
    except InputError:
        read = ()
    if read != events:
        raise InputError(
            f"{path.name}: nothing can be added after its last line.",
            "Write its events as a list with a dash before each, as in docs/formats.md.",
        )
    return longer
