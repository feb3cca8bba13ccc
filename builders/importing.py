"""Imports a LoCoMo file as a benchmark folder, with splits and errata."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark, Erratum, load_benchmark
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, sha256_file, sha256_text
from locomo_vqa.html_table import html_table
from locomo_vqa.locomo import Errata, read_locomo
from locomo_vqa.locomo.report import FINDINGS
from locomo_vqa.locomo.splits import split_by_order
from locomo_vqa.schemas import validate
from locomo_vqa.text import counted

from .split_file import read_split_file

__all__ = [
    "LOCOMO_LICENSE",
    "SAMPLE_LICENSE",
    "ImportedBenchmark",
    "import_licensed",
    "import_locomo",
    "read_errata",
]

LOCOMO_LICENSE = "CC BY-NC 4.0"
"""The licence of LoCoMo's conversations (snap-research/locomo)."""
SAMPLE_LICENSE = "Apache-2.0"
"""The licence of the sample, which is part of the toolkit."""


@dataclass(frozen=True)
class ImportedBenchmark:
    """What `import_locomo` made; a notebook shows its counts."""

    folder: Path
    """The benchmark folder."""
    revision: str
    """See `Benchmark.revision`."""
    report: dict[str, Any]
    """The import report, as in `report.json`."""

    @cached_property
    def benchmark(self) -> Benchmark:
        """The benchmark, loaded on first use."""
        return load_benchmark(self.folder)

    def __repr__(self) -> str:
        conversations, questions = self.report["conversations"], self.report["questions"]
        return (
            f"<ImportedBenchmark in {str(self.folder)!r}: "
            f"{counted(conversations, 'conversation')}, {counted(questions, 'question')}>"
        )

    def _repr_html_(self) -> str:
        counted = ("conversations", "sessions", "turns", "images", "captions", "questions")
        rows = [(name, f"{self.report[name]:,}") for name in counted]
        rows += [
            (words, f"{self.report['findings'][kind]:,}")
            for kind, words in FINDINGS.items()
            if self.report["findings"][kind]
        ]
        title = f"{self.folder}, revision {self.revision[:12]}"
        return html_table(("Content",), rows, numbers=("Number",), caption=title)


@checked
def import_locomo(
    source: str | Path,
    *,
    out: str | Path,
    errata: str | Path | None = None,
    splits: str | Path | None = None,
    name: str = "LoCoMo",
) -> ImportedBenchmark:
    """Import a LoCoMo file, in either published layout, as a new benchmark folder without images.

    Args:
        source: `locomo10.json`, or the folder of the older layout with one file per conversation.
        out: the benchmark folder to make.
        errata: a file that lists wrong gold answers; see docs/formats.md.
        splits: a TOML file whose table `[split]` chooses the splits, such as a recipe; None for
            7/1/2 in file order. See docs/data.md.
        name: the benchmark's name.

    Raises:
        InputError: the file, or that of the errata or the splits, can't be used.
        OutputError: `out` already exists or can't be written.
    """
    if not name.strip():
        raise InputError("`name` must not be empty.", "Give the benchmark a name.")
    errata = Path(errata) if errata is not None else None
    return import_licensed(
        Path(source),
        out=Path(out),
        errata=errata,
        splits=splits,
        name=name,
        license=LOCOMO_LICENSE,
    )


def import_licensed(
    source: Path,
    *,
    out: Path,
    errata: Path | None = None,
    splits: str | Path | None = None,
    name: str,
    license: str,
) -> ImportedBenchmark:
    """Import a file in LoCoMo's layout, whose content has the given licence.

    Raises:
        InputError: the file, the errata file or the file of the splits can't be used.
        OutputError: `out` already exists or can't be written.
    """
    locomo = read_locomo(
        source,
        errata=read_errata(errata) if errata else None,
        split=split_by_order if splits is None else read_split_file(Path(splits)),
    )
    report = locomo.report.to_json()
    inputs = [path for path in (source, errata) if path is not None]
    content = BenchmarkContent(
        name=name,
        license=license,
        sources=[{"name": path.name, "sha256": _hash(path)} for path in inputs],
        conversations=locomo.conversations,
        text_questions=locomo.questions,
        visual_questions=(),
        images=locomo.images,
        image_files={},
        report=report,
    )
    return ImportedBenchmark(out, write_benchmark(out, content), report)


def read_errata(path: Path) -> Errata:
    """Read an errata file: `{"errata": [{conversation, index, error_type, changes_score}, …]}`.

    Raises:
        InputError: it can't be read, does not match its schema, or lists a question twice.
    """
    raw = read_json(path, what="the errata file")
    remedy = "See docs/formats.md for the format of an errata file."
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
