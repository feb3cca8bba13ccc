"""The data set's card: README.md with the front matter that the Hub reads.

Everything in it comes from the benchmark, its manifest and the given facts; what was not recorded
is named as such.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
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
"""The Hub's word for a licence, by the manifest's."""

_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_SIZE_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")

_TABLES = """\
- `visual`: one visual question a row, with its image (`image`, the bytes and the file's name; \
`image_sha256`), `conversation` and `turn`, `type`, `question`, `answer`, `reason`, `split`, and \
the checks `self_consistent`, `guessable` and `caption_answers` (null: not checked).
- `text`: one LoCoMo-style question a row, with `category` and its name, `answer` \
(null for adversarial questions), `evidence` (ids of turns), `duplicate_of`, and what an audit \
found wrong (`erratum_kind`, `erratum_changes_score`).
- `conversations`: one conversation a row, with sessions, turns, and the images' addresses, \
hashes, states and captions."""


def dataset_card(
    benchmark: Benchmark, manifest: Mapping[str, Any], facts: PublishFacts, layout: ParquetLayout
) -> str:
    """Return the text of README.md; `manifest` is the one that `read_manifest` returns."""
    from huggingface_hub import DatasetCard

    name = facts.repository or "PATH-OF-THIS-FOLDER"
    sections = [
        f"# {escaped(benchmark.name)}",
        "A benchmark of memory for assistants that talk with people for months and are shown "
        "images: conversations, questions about what was said, and questions that only the "
        "images answer, in one word.",
        f"Revision `{benchmark.revision}`, made with {escaped(manifest['created_by']['tool'])} "
        f"{escaped(manifest['created_by']['version'])} from {_sources(manifest)}.",
        contents_section(benchmark),
        _use_section(one_line(name), layout),
        *([making_section(facts)] if benchmark.visual_questions else []),
        answers_section(benchmark, facts),
        images_section(benchmark, facts),
        _licence_section(manifest),
        _citation_section(manifest),
    ]
    front = _card_data(benchmark, manifest, layout).to_yaml(line_break="\n")
    body = "\n\n".join(sections)
    return clean_text(str(DatasetCard(f"---\n{front}\n---\n\n{body}\n")))


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


def _use_section(name: str, layout: ParquetLayout) -> str:
    config = next(iter(layout), "conversations")
    split = [*layout.get(config, ["test"])][-1]
    return f"""\
## Load and score

```python
from datasets import load_dataset

rows = load_dataset({name!r}, {config!r}, split={split!r})
```

{_TABLES}

The same files are a benchmark folder of the toolkit (`benchmark.json`, `*.jsonl`, `images/`):

```bash
locomo-vqa run bm25 --benchmark {shlex.quote(name)} --split test --out run
locomo-vqa score run --benchmark {shlex.quote(name)}
```"""


def _licence_section(manifest: Mapping[str, Any]) -> str:
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
    return f"## Licence\n\n{words}"


def _citation_section(manifest: Mapping[str, Any]) -> str:
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
    return "## Citation\n\n" + "\n".join(lines)
