"""Submissions, their verification, and the board built from them.

`submit` makes a submission of a run, `verify` checks and scores a folder of submissions, and
`build_site` writes the verified board as a web page. `record_event` records what happened to an
entry since. `export_records` and `export_eval_results`
write its entries in the formats of others, and `reported_rows` has published numbers, unranked.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .board import Board
    from .board_entry import Entry
    from .exports import export_eval_results, export_records
    from .history.record import record_event
    from .records.reported import reported_rows
    from .site.build import build_site
    from .submission.submit import Submission, submit
    from .verification.verify import verify

__all__ = [
    "Board",
    "Entry",
    "Submission",
    "build_site",
    "export_eval_results",
    "export_records",
    "record_event",
    "reported_rows",
    "submit",
    "verify",
]

_MODULES = {
    "Board": "board",
    "Entry": "board_entry",
    "Submission": "submission.submit",
    "build_site": "site.build",
    "export_eval_results": "exports",
    "export_records": "exports",
    "record_event": "history.record",
    "reported_rows": "records.reported",
    "submit": "submission.submit",
    "verify": "verification.verify",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
