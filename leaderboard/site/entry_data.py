"""Everything that the page of one entry shows, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import parse_json

from ..board import Board
from ..board_entry import Entry
from ..entry_files.plain_files import RUN, read_plain
from ..results import BOARD_METRICS, NOT_SCORED
from .entry_facts import asked_rows, certified, configuration, published, record

__all__ = ["entry_data"]


def entry_data(board: Board, entry: Entry, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page of an accepted entry shows; any text in it is untrusted."""
    assert entry.metadata is not None and entry.scores is not None
    run = _read_run(board.folder / entry.name) if RUN in entry.files else None
    metrics = {name: entry.scores["metrics"].get(name, NOT_SCORED) for name in BOARD_METRICS}
    return {
        **row,
        "signatures": {name: metric.get("signature") for name, metric in metrics.items()},
        "by_conversation": {
            name: {
                conversation: [estimate["value"], estimate["n"]]
                for conversation, estimate in metric["by_conversation"].items()
            }
            for name, metric in metrics.items()
            if metric["state"] == "ok"
        },
        "configuration": configuration(entry.metadata, run)
        + certified(entry)
        + published(entry, row),
        "record": [] if run is None else record(run),
        "asked": [] if run is None else asked_rows(run),
        "source": entry.source,
        "checks": [asdict(check) for check in entry.checks],
        "notes": list(entry.notes),
        "history": [dict(event) for event in entry.history],
        "files": dict(entry.files),
    }


def _read_run(folder: Path) -> dict[str, Any] | None:
    """Return the content of an accepted entry's run.json."""
    try:
        run: dict[str, Any] = parse_json(
            read_plain(folder / RUN), path=Path(RUN), what="the run's manifest"
        )
    except InputError:
        return None
    return run
