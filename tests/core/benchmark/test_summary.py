"""A benchmark shows itself; the sample's counts match its files."""

from __future__ import annotations

import json
import re

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.benchmark.locate import SAMPLE_FOLDER


def _lines(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (SAMPLE_FOLDER / name).read_text("utf-8").splitlines()]


def test_a_line() -> None:
    text, visual = _lines("text_questions.jsonl"), _lines("visual_questions.jsonl")
    assert repr(load_benchmark("sample")) == (
        f"<Benchmark 'sample': 10 conversations, {len(text)} text questions, "
        f"{len(visual)} visual questions>"
    )


def test_a_table() -> None:
    benchmark = load_benchmark("sample")
    rows = re.findall(r"<tr>(.*?)</tr>", benchmark._repr_html_())
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    table = {row[0]: row[1:] for row in cells}
    assert table[""] == ["train", "validation", "test", "all"]
    for name, label in (
        ("text_questions", "text questions"),
        ("visual_questions", "visual questions"),
    ):
        splits = [row["split"] for row in _lines(f"{name}.jsonl")]
        counts = [splits.count(split) for split in table[""][:3]]
        assert table[label] == [str(number) for number in (*counts, len(splits))]
    multi_hop = [row for row in _lines("text_questions.jsonl") if row["category"] == 1]
    assert table["– multi-hop"][-1] == str(len(multi_hop))
    written = (SAMPLE_FOLDER / "conversations.jsonl").read_text("utf-8")
    images = written.count('"sha256"')
    assert table["shared images"][-1] == table["– available"][-1] == str(images)
