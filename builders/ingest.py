"""The first stage: a LoCoMo file becomes a benchmark folder, with splits and errata."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Erratum
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, sha256_file, sha256_text
from locomo_vqa.locomo import Errata, read_locomo
from locomo_vqa.schemas import validate

__all__ = ["Ingested", "ingest", "read_errata"]

LOCOMO_LICENSE = "CC BY-NC 4.0"
"""The licence of LoCoMo's conversations (snap-research/locomo)."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What `ingest` made."""

    folder: Path
    """The benchmark folder."""
    revision: str
    """See `Benchmark.revision`."""
    report: dict[str, Any]
    """The import report, as in `report.json`."""


def ingest(source: Path, out: Path, *, errata: Path | None = None, name: str) -> Ingested:
    """Import a LoCoMo file into a new benchmark folder without pictures.

    Raises:
        InputError: the file, or the errata, can't be used.
        OutputError: the folder exists already or can't be written.
    """
    locomo = read_locomo(source, errata=read_errata(errata) if errata else None)
    report = locomo.report.to_json()
    inputs = [path for path in (source, errata) if path is not None]
    content = BenchmarkContent(
        name=name,
        license=LOCOMO_LICENSE,
        sources=[{"name": path.name, "sha256": _hash(path)} for path in inputs],
        conversations=locomo.conversations,
        text_questions=locomo.questions,
        visual_questions=(),
        images=locomo.images,
        image_files={},
        report=report,
    )
    return Ingested(out, write_benchmark(out, content), report)


def read_errata(path: Path) -> Errata:
    """Read an errata file: `{"errata": [{conversation, index, error_type, changes_score}, …]}`.

    Raises:
        InputError: it can't be read, has another shape, or lists a question twice.
    """
    raw = read_json(path, what="the errata file")
    remedy = "See docs/formats.md for the shape of an errata file."
    validate(raw, "errata", path=path, remedy=remedy)
    errata: dict[tuple[str, int], Erratum] = {}
    for entry in raw["errata"]:
        key = (entry["conversation"], entry["index"])
        if key in errata:
            raise InputError(f"{path}: question {key[0]}/t/{key[1]} is listed twice.", remedy)
        errata[key] = Erratum(kind=entry["error_type"], changes_score=entry["changes_score"])
    return errata


def _hash(path: Path) -> str:
    if path.is_dir():
        return sha256_text("".join(sha256_file(file) for file in sorted(path.glob("*.json"))))
    return sha256_file(path)
