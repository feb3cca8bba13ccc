"""Makes the two runs of a certificate, whose coins are known to the harness alone until the end.

While they run, the secret is in memory only, so a system that finds the run folders doesn't learn
what it is shown. It is published when both are finished; after that, nothing is asked with these
coins. If they are interrupted in order, it is written when everything of the system has ended.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, write_text
from locomo_vqa.notes import note
from locomo_vqa.runs import ImageMode, Run, VisualMode

from ..running.crossing import Crossing, Part, commitment_of, new_secret
from ..running.harness import Harness
from .certificate_file import CERTIFICATE_FILE

__all__ = ["NEEDED", "HeldSecret", "crossed_runs", "held_secret", "secret_of_coins"]

NEEDED: tuple[ImageMode, ...] = ("pixels", "caption", "shuffled")
"""The image modes of an ablation with a certificate."""

_PARTS: tuple[Part, ...] = get_args(Part)
_SECRET = "certificate-secret.txt"


def crossed_runs(
    harness: Harness, run: Callable[[Harness], Run], *, visual: VisualMode, secret: str
) -> tuple[Run, Run]:
    """Run both parts of a certificate, each in its own folder.

    Args:
        harness: the system and the benchmark; its `out` is the folder of the ablation.
        run: a function that runs one harness.
        visual: how visual questions are asked.
        secret: determines the coins.
    """
    done = []
    for part in _PARTS:
        crossing = Crossing(secret=secret, visual=visual, part=part)
        out = _folder(harness.out, visual, part)
        one = replace(harness, out=out, images="crossed", visual=visual, crossing=crossing)
        done.append(run(one))
    return done[0], done[1]


@dataclass(slots=True)
class HeldSecret:
    """The secret of an ablation's coins, which is held in memory while it works."""

    value: str | None
    """None before coins are tossed, and once the secret is published."""


@contextmanager
def held_secret(out: Path) -> Iterator[HeldSecret]:
    """Take the secret of interrupted runs off the disk, while code of the system can run.

    If the secret isn't published when the block ends, it is written again, so that the runs can
    continue.
    """
    path = out / _SECRET
    held = HeldSecret(path.read_text(encoding="utf-8").strip() if path.is_file() else None)
    path.unlink(missing_ok=True)
    try:
        yield held
    finally:
        if held.value is not None and out.is_dir():
            write_text(path, f"{held.value}\n")


def secret_of_coins(
    held: HeldSecret, out: Path, visual: Sequence[VisualMode], *, again: bool = False
) -> str:
    """Return the secret of an ablation's coins: that of its earlier runs, or a new one.

    Once a secret is published, no question is asked with its coins: a system could know them. If
    one is left, or `again` is set and one has failed, all runs are made again. So are those whose
    secret is lost, because they were killed before it was written.
    """
    folders = [_folder(out, each, part) for each in visual for part in _PARTS]
    published = _published_secret(out)
    if published is not None and all(_is_done(path, published, again) for path in folders):
        held.value = None
        return published
    if published is not None:
        _remove(folders, "The coins of the certificate's earlier runs are known")
        held.value = None
    elif held.value is None or not all(
        _commitment(path) in (None, commitment_of(held.value)) for path in folders
    ):
        _remove(folders, "The certificate's earlier runs were killed, and their coins are lost")
        held.value = None
    (out / CERTIFICATE_FILE).unlink(missing_ok=True)
    held.value = held.value or new_secret()
    return held.value


def _folder(out: Path, visual: VisualMode, part: Part) -> Path:
    return out / f"{visual}-crossed-{part}"


def _published_secret(out: Path) -> str | None:
    try:
        document: Mapping[str, Any] = read_json(out / CERTIFICATE_FILE, what="the certificate")
        secret = document["secret"]
    except (InputError, KeyError, TypeError):
        return None
    return secret if isinstance(secret, str) else None


def _is_done(folder: Path, secret: str, again: bool) -> bool:
    """Return whether every question was asked, and, if it should be asked again, none failed."""
    if _commitment(folder) != commitment_of(secret):
        return False
    counts = read_json(folder / "run.json", what="the run's manifest").get("counts")
    return bool(counts) and not (again and counts["failed"])


def _commitment(folder: Path) -> str | None:
    try:
        found: str = read_json(folder / "run.json", what="the run's manifest")["certificate"][
            "commitment"
        ]
    except (InputError, KeyError, TypeError):
        return None
    return found


def _remove(folders: Sequence[Path], reason: str) -> None:
    """Remove runs of a certificate, so that they are made with other coins."""
    removed = [path for path in folders if _commitment(path) is not None]
    for path in removed:
        shutil.rmtree(path)
    if removed:
        note(f"{reason}: they are made again, with new coins.")
