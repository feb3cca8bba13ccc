"""Counts a conversation's requests to models in the run's own processes, for the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from locomo_vqa.errors import InputError

from ..proxy.lost import count_by_stage_in_process
from ..proxy.model_calls import MODEL_CALLS, read_calls_of

__all__ = ["add_requests", "requests_in_process"]

Requests = Mapping[str, Mapping[str, int]]
"""`requests` and `lost` by stage."""


def requests_in_process(conversation: str, folders: Iterable[Path]) -> Requests:
    """Return the requests that are listed in folders of a conversation that just ended.

    They are those of the system and of the harness's answerer. A file of another form, which is a
    system's own, counts as empty.
    """
    paths = [folder / MODEL_CALLS for folder in folders]
    try:
        calls = [call for path in paths if path.is_file() for call in read_calls_of(path)]
    except InputError:
        return {}
    return count_by_stage_in_process((conversation, call) for call in calls)


def add_requests(first: Requests, second: Requests) -> dict[str, Mapping[str, int]]:
    """Return the sums of two counts, by stage."""
    none = {"requests": 0, "lost": 0}
    return {
        stage: {name: first.get(stage, none)[name] + second.get(stage, none)[name] for name in none}
        for stage in dict.fromkeys((*first, *second))
    }
