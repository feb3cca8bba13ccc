"""Compares a run's answers with its journal, where every answer was written first."""

from __future__ import annotations

from locomo_vqa.errors import InputError
from locomo_vqa.files import some
from locomo_vqa.jsonl_log import read_jsonl_log
from locomo_vqa.runs import Run

__all__ = ["check_journal"]

_JOURNAL = "journal.jsonl"


def check_journal(run: Run) -> None:
    """Check that the last answer to each question in a run's journal is that of its predictions.

    A run folder without a journal is not checked: the journal is not part of a submission.

    Raises:
        InputError: the journal can't be read, was cut, or has other answers.
    """
    path = run.folder / _JOURNAL
    if not path.exists():
        return
    answers = {
        row["question_id"]: (row.get("prediction"), row.get("state"))
        for _, row in read_jsonl_log(path, what="the run's journal")
        if isinstance(row, dict) and row.get("event") == "answer" and "question_id" in row
    }
    differ = [
        one.question_id
        for one in run.predictions
        if answers.get(one.question_id) != (one.prediction, one.state)
    ]
    if differ:
        raise InputError(
            f"{path}: was cut or changed after the run: it doesn't have the answers to "
            f"{some(differ)}.",
            "Restore the file, or run the system again in another folder.",
        )
