"""How many URLs ended in each state, and why: `losses.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from locomo_vqa.benchmark import ImageRecord, ImageState
from locomo_vqa.files import read_json, write_json
from locomo_vqa.html_table import html_table
from locomo_vqa.schemas import validate
from locomo_vqa.text import counted

from .download import host_of
from .duplicates import SharedImage

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Losses", "count_losses", "read_losses", "write_losses"]

_HEAD = {"schema_version": 1, "kind": "losses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What happened to the URLs, each counted once."""

    urls: int
    """Distinct URLs."""
    by_state: dict[ImageState, int]
    """URLs by state, in the order of `ImageState`; they add up to `urls`."""
    by_host: list[dict[str, Any]]
    """`{host, urls, lost, by_state}` of hosts with lost images, most losses first."""
    reasons: list[dict[str, Any]]
    """`{state, detail, urls}` of URLs that are not `ok`, most frequent first."""
    removed: list[dict[str, Any]]
    """Images that several splits shared; see `SharedImage`."""
    visual_questions_removed: int
    """How many visual questions lost their image: it was removed, or is no longer available."""

    def __repr__(self) -> str:
        states = ", ".join(f"{number:,} {state}" for state, number in self.by_state.items())
        return f"<Losses of {counted(self.urls, 'URL')}: {states or 'none fetched'}>"

    def to_frame(self) -> DataFrame:
        """Return the losses as a table with one row per reason: state, detail, urls."""
        import pandas as pd

        return pd.DataFrame(self.reasons, columns=["state", "detail", "urls"])

    def _repr_html_(self) -> str:
        ok = self.by_state.get("ok", 0)
        rows = [("ok", "", ok)] if ok else []
        rows += [(why["state"], why["detail"], why["urls"]) for why in self.reasons]
        cells = [(state, detail, f"{urls:,}") for state, detail, urls in rows]
        caption = f"{self.urls:,} image URLs"
        return html_table(("State", "Why"), cells, numbers=("URLs",), caption=caption)

    def to_json(self) -> dict[str, Any]:
        """Return the content of `losses.json`."""
        return {**_HEAD, **asdict(self)}


def count_losses(
    records: Sequence[ImageRecord],
    removed: Sequence[SharedImage],
    *,
    visual_questions_removed: int,
) -> Losses:
    """Count every record that has a URL."""
    fetched = [record for record in records if record.url is not None]
    states = Counter(record.state for record in fetched)
    reasons = Counter((r.state, r.detail or "") for r in fetched if r.state != "ok")
    return Losses(
        urls=len(fetched),
        by_state={state: states[state] for state in get_args(ImageState) if states[state]},
        by_host=_by_host(fetched),
        reasons=[
            {"state": state, "detail": detail, "urls": number}
            for (state, detail), number in sorted(reasons.items(), key=lambda e: (-e[1], e[0]))
        ],
        removed=[each.to_json() for each in removed],
        visual_questions_removed=visual_questions_removed,
    )


def write_losses(path: Path, losses: Losses) -> None:
    """Write `losses.json`."""
    value = losses.to_json()
    validate(value, "losses", path=path, remedy="Please report it.")
    write_json(path, value)


def read_losses(path: Path) -> Losses:
    """Read `losses.json`.

    Raises:
        InputError: the file is missing, or does not match its schema.
    """
    value = read_json(path, what="the list of lost images")
    remedy = "Remove the folder, and fetch the images again."
    validate(value, "losses", path=path, remedy=remedy)
    return Losses(**{name: each for name, each in value.items() if name not in _HEAD})


def _by_host(records: Sequence[ImageRecord]) -> list[dict[str, Any]]:
    hosts: dict[str, Counter[ImageState]] = {}
    for record in records:
        url = record.url or ""
        host = "data:" if url.startswith("data:") else host_of(url)
        hosts.setdefault(host, Counter())[record.state] += 1
    rows = [
        {
            "host": host,
            "urls": counter.total(),
            "lost": counter.total() - counter["ok"],
            "by_state": {s: counter[s] for s in get_args(ImageState) if counter[s]},
        }
        for host, counter in hosts.items()
    ]
    lossy = [row for row in rows if row["lost"]]
    return sorted(lossy, key=lambda row: (-row["lost"], row["host"]))
