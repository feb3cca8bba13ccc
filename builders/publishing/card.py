"""The data set card: README.md with the front matter that the Hub reads.

Everything in it comes from the benchmark, its manifest and the given facts; whatever was not
recorded is marked as such.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import SPLITS, Benchmark
from locomo_vqa.files import clean_text

from ..importing import LOCOMO_LICENSE
from .card_content import answers_section, contents_section, images_section
from .card_making import making_section
from .facts import PublishFacts
from .markdown import escaped, one_line
from .parquet import ParquetLayout

if TYPE_CHECKING:
    from huggingface_hub import DatasetCardData

__all__ = ["dataset_card"]

_HUB_LICENSES = {
    LOCOMO_LICENSE: "cc-by-nc-4.0",
    "Apache-2.0": "apache-2.0",
    "CC BY 4.0": "cc-by-4.0",
    "CC BY-SA 4.0": "cc-by-sa-4.0",
    "CC0 1.0": "cc0-1.0",
    "MIT": "mit",
}
"""The Hub's name for each licence in a manifest."""

_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_SIZE_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")


def dataset_card(
    benchmark: Benchmark, manifest: Mapping[str, Any], facts: PublishFacts, layout: ParquetLayout
) -> str:
    """Return the text of README.md; `manifest` is the one that `read_manifest` returns."""
    from huggingface_hub import DatasetCard

    name = one_line(facts.repository or "PATH-OF-THIS-FOLDER")
    config = next(iter(layout), "conversations")
    split = [*layout.get(config, ["test"])][-1]
    made_by = manifest["created_by"]
    card = DatasetCard.from_template(
        _card_data(benchmark, manifest, layout),
        template_str=resources.files(__package__).joinpath("card_template.md").read_text("utf-8"),
        title=escaped(benchmark.name),
        revision=benchmark.revision,
        tool=f"{escaped(made_by['tool'])} {escaped(made_by['version'])}",
        sources=_sources(manifest),
        contents=contents_section(benchmark),
        loaded=f"{name!r}, {config!r}, split={split!r}",
        shell_name=shlex.quote(name),
        making=making_section(facts) if benchmark.visual_questions else None,
        answers=answers_section(benchmark, facts),
        image_losses=images_section(benchmark, facts),
        licence=_licence(manifest),
        citation=_citation(manifest),
    )
    return clean_text(f"{card}\n")


def _card_data(
    benchmark: Benchmark, manifest: Mapping[str, Any], layout: ParquetLayout
) -> DatasetCardData:
    """Return the metadata that the Hub reads."""
    from huggingface_hub import DatasetCardData

    rows = len(benchmark.text_questions) + len(benchmark.visual_questions)
    return DatasetCardData(
        **_licence_fields(manifest["license"]),
        pretty_name=one_line(benchmark.name),
        language=["en"],
        task_categories=["visual-question-answering", "question-answering"],
        size_categories=[_SIZE_NAMES[sum(rows >= size for size in _SIZES)]],
        tags=["benchmark", "conversation", "image", "locomo-vqa", "long-term-memory"],
        configs=[
            {
                "config_name": config,
                "data_files": [
                    {"split": split, "path": list(splits[split])}
                    for split in SPLITS
                    if split in splits
                ],
                **({"default": True} if config == next(iter(layout)) else {}),
            }
            for config, splits in layout.items()
        ],
    )


def _licence_fields(phrase: str | None) -> dict[str, Any]:
    if phrase is None:
        return {"license": "unknown"}
    if phrase in _HUB_LICENSES:
        return {"license": _HUB_LICENSES[phrase]}
    return {"license": "other", "license_name": one_line(phrase)}


def _sources(manifest: Mapping[str, Any]) -> str:
    sources = [
        f"{escaped(source['name'])} (SHA-256 `{source['sha256']}`)"
        for source in manifest["sources"]
    ]
    return ", ".join(sources) or "sources that were not recorded"


def _licence(manifest: Mapping[str, Any]) -> str:
    licence = manifest["license"]
    if licence is None:
        words = "The licence of the conversations and images was not recorded."
    elif licence == LOCOMO_LICENSE:
        words = (
            f"The conversations and their questions are LoCoMo's: {LOCOMO_LICENSE}, not for "
            "commercial use. The images belong to their owners, to whom this licence does not "
            "apply."
        )
    else:
        words = f"Conversations and images: {escaped(licence)}."
    return words


def _citation(manifest: Mapping[str, Any]) -> str:
    lines = [
        "- Visual questions about LoCoMo, their eight candidate types and the scores V, L and J: "
        "*MemLoRA: Distilling Expert Adapters for On-Device Memory Systems*, arXiv:2512.04763."
    ]
    if manifest["license"] == LOCOMO_LICENSE:
        lines.insert(
            0,
            "- LoCoMo: Maharana et al., *Evaluating Very Long-Term Conversational Memory of LLM "
            "Agents*, ACL 2024, arXiv:2402.17753.",
        )
    return "\n".join(lines)
