"""Makes the two runs of a certificate, whose coins are known to the harness alone until the end.

While they run, the secret is in memory only, so a system that finds the run folders doesn't learn
what it is shown. It is written when both are finished, or when they are interrupted in order.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, write_text
from locomo_vqa.notes import note
from locomo_vqa.runs import ImageMode, Run, VisualMode

from ..running.crossing import Crossing, Part, commitment_of, new_secret
from ..running.harness import Harness
from .certificate_file import CERTIFICATE_FILE

__all__ = ["NEEDED", "crossed_runs", "kept_secret"]

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


@contextmanager
def kept_secret(out: Path, visual: Sequence[VisualMode]) -> Iterator[str]:
    """Yield the secret of an ablation's coins: that of its earlier runs, or a new one.

    If the block ends with an error, the secret is written, so that the runs can continue. Runs
    that were killed before it was written can't: their folders are removed.
    """
    folders = [_folder(out, each, part) for each in visual for part in _PARTS]
    secret = _earlier_secret(out)
    begun = [path for path in folders if (path / "run.json").exists()]
    if secret is None or any(_commitment(path) != commitment_of(secret) for path in begun):
        _remove(begun)
        secret = new_secret()
    for name in (_SECRET, CERTIFICATE_FILE):
        (out / name).unlink(missing_ok=True)
    try:
        yield secret
    except BaseException:
        if out.is_dir():
            write_text(out / _SECRET, f"{secret}\n")
        raise


def _folder(out: Path, visual: VisualMode, part: Part) -> Path:
    return out / f"{visual}-crossed-{part}"


def _earlier_secret(out: Path) -> str | None:
    if (out / _SECRET).is_file():
        return (out / _SECRET).read_text(encoding="utf-8").strip()
    if (out / CERTIFICATE_FILE).is_file():
        try:
            document: Mapping[str, Any] = read_json(out / CERTIFICATE_FILE, what="the certificate")
            secret: str = document["secret"]
        except (InputError, KeyError, TypeError):
            return None
        return secret if isinstance(secret, str) else None
    return None


def _commitment(folder: Path) -> str | None:
    try:
        found: str = read_json(folder / "run.json", what="the run's manifest")["certificate"][
            "commitment"
        ]
    except (InputError, KeyError, TypeError):
        return None
    return found


def _remove(folders: Sequence[Path]) -> None:
    """Remove the runs of a certificate whose coins are lost."""
    removed = [path for path in folders if _commitment(path) is not None]
    for path in removed:
        shutil.rmtree(path)
    if removed:
        note(
            "The certificate's earlier runs were killed, and what they showed is not known: they "
            "are made again."
        )
