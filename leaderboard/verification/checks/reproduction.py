"""Whether an entry's answers were produced again, by the record beside its folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from locomo_vqa.errors import InputError
from locomo_vqa.runs import Prediction, answers_sha256

from ...entry_files.folder import EntryFolder
from ...entry_files.reproduction import read_reproduction
from ...history.days import is_later
from ..checklist import Checklist

__all__ = ["check_reproduction"]

_NOT_DONE = "Its answers were not produced again."


def check_reproduction(
    checks: Checklist, found: EntryFolder, predictions: Sequence[Prediction], day: date
) -> bool:
    """Check whether a maintainer's record is about these answers, and return whether it is.

    A record of a later day than `day` doesn't count.
    """
    try:
        record = read_reproduction(found.path)
    except InputError as error:
        checks.flagged("reproduction", error.message)
        return False
    if record is None or is_later(record["date"], day):
        checks.not_done("reproduction", _NOT_DONE)
        return False
    if record["entry"] != found.name or record["answers_sha256"] != answers_sha256(predictions):
        checks.flagged("reproduction", "The record of its reproduction is about other answers.")
        return False
    checks.passed(
        "reproduction",
        f"All {record['questions']:,} answers were the same when its bundle was replayed on "
        f"{record['date']}.",
    )
    return True
