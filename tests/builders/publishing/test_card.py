"""The card and eval.yaml: what they say is in the data, and text from the data is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
import yaml
from markdown_it import MarkdownIt

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.benchmark.read import read_manifest
from locomo_vqa.builders.publishing import PublishFacts, ReviewFact
from locomo_vqa.builders.publishing.card import dataset_card
from locomo_vqa.builders.publishing.eval_yaml import eval_yaml
from locomo_vqa.builders.publishing.markdown import escaped, fenced

LAYOUT = {"text": {"test": ["data/text/test-00000-of-00001.parquet"]}}


def parts(card: str) -> tuple[Any, str]:
    """Return a card's front matter, parsed, and its body."""
    found = re.match(r"---\n(.*?)\n---\n", card, re.DOTALL)
    assert found
    return yaml.safe_load(found[1]), card[found.end() :]


def card_of(facts: PublishFacts | None = None, **manifest: Any) -> tuple[Any, str]:
    sample = load_benchmark("sample")
    told = {**read_manifest(sample.folder), **manifest}
    return parts(dataset_card(sample, told, facts or PublishFacts(), LAYOUT))


@pytest.mark.slow
def test_the_front_matter_names_the_files_that_are_there(published: Path) -> None:
    front, _ = parts((published / "README.md").read_text(encoding="utf-8"))
    named = [
        (config["config_name"], data["split"], path)
        for config in front["configs"]
        for data in config["data_files"]
        for path in data["path"]
    ]
    files = sorted(str(p.relative_to(published)) for p in published.rglob("*.parquet"))
    assert sorted(path for _, _, path in named) == files
    assert len(files) == 9
    for config, split, path in named:
        assert path == f"data/{config}/{split}-00000-of-00001.parquet"
    assert [config.get("default") for config in front["configs"]] == [True, None, None]
    assert front["license"] == "apache-2.0"
    assert front["pretty_name"] == "sample"
    assert front["task_categories"] == ["visual-question-answering", "question-answering"]
    assert front["size_categories"] == ["n<1K"]
    assert front["language"] == ["en"]


def test_eval_yaml_names_what_is_there(published: Path) -> None:
    content = yaml.safe_load((published / "eval.yaml").read_text(encoding="utf-8"))
    assert content["name"] == "sample"
    assert content["evaluation_framework"] == "locomo-vqa"
    assert [(task["id"], task["config"], task["split"]) for task in content["tasks"]] == [
        ("v", "visual", "test"),
        ("l", "text", "test"),
        ("j", "text", "test"),
    ]
    for task in content["tasks"]:
        assert list((published / "data" / task["config"]).glob(f"{task['split']}-*.parquet"))
    few = yaml.safe_load(eval_yaml(load_benchmark("sample"), LAYOUT))
    assert [task["id"] for task in few["tasks"]] == ["l", "j"]


def test_the_facts_are_told(published: Path) -> None:
    _, body = parts((published / "README.md").read_text(encoding="utf-8"))
    for line in (
        "Written by: Maker-78B, revision abc123",
        "Tried by: Tester-2B, revision not recorded",
        f"SHA-256 of the prompt: {'ab' * 32}",
        "| colour | yes | 40 | 25 | 62.5% | 47.1% to 75.8% | – |",
        "| mood | no | 0 | 0 | – | – | 3 |",
        "| `unavailable` | the address no longer answers | 12 |",
        "Images removed because several splits had them: 2.",
        "| visual questions | 320 | 42 | 90 | 452 |",
        "| images asked about | 44 | 6 | 13 | 63 |",
        "- **presence**: always answering “no” would be right for 59%.",
        "load_dataset('org/name', 'visual', split='test')",
        "locomo-vqa run bm25 --benchmark org/name --split test --out run",
        '````text\n[select]\nkeep = 3\nnote = "```"\n````',
        "the generator gives the same answer when asked its own question again | 1 | 1 | 450 |",
    ):
        assert line in body, line


def test_what_is_not_recorded_is_said_to_be_so() -> None:
    _, body = card_of()
    for what in ("Written by", "Tried by", "SHA-256 of the prompt", "\n\nRecipe"):
        assert f"{what}: not recorded" in body
    assert "Trial of the candidate types: not recorded." in body
    assert "Images removed because several splits had them: not recorded." in body
    assert "Checks of the questions (self-consistency, guessing, captions): not recorded." in body
    assert "| `ok` | in the data set | 63 |" in body
    assert "LoCoMo: Maharana" not in body


@pytest.mark.parametrize("config", ["visual", "text"])
def test_every_column_is_named(published: Path, config: str) -> None:
    _, body = parts((published / "README.md").read_text(encoding="utf-8"))
    (line,) = (line for line in body.splitlines() if line.startswith(f"- `{config}`: "))
    table = parquet.read_schema(published / f"data/{config}/test-00000-of-00001.parquet")
    untold = {name for name in table.names if f"`{name}`" not in line}
    assert untold <= {"id", "conversation", "index", "question", "split"}


@pytest.mark.parametrize(
    ("licence", "fields", "words"),
    [
        ("CC BY-NC 4.0", {"license": "cc-by-nc-4.0"}, "The images belong to their owners"),
        (None, {"license": "unknown"}, "was not recorded"),
        ("Mine [x](y)", {"license": "other", "license_name": "Mine [x](y)"}, r"Mine \[x\](y)"),
    ],
)
def test_licences(licence: str | None, fields: Mapping[str, str], words: str) -> None:
    front, body = card_of(license=licence)
    assert {key: front[key] for key in front if key.startswith("license")} == fields
    assert words in body
    assert ("Maharana" in body) == (licence == "CC BY-NC 4.0")


HOSTILE = (
    "Is it\n---\n# Title | <script>alert(1)</script> [a](http://evil.example) ![i](x) `c` **b** "
    "www.evil.example a@b.example &amp; \u202e$x$ ~~s~~ \\| :smile:"
)


def test_a_hostile_text_stays_text_on_its_line() -> None:
    sample = load_benchmark("sample")
    first = sample.visual_questions[0]
    questions = (replace(first, question=HOSTILE, answer="|"), *sample.visual_questions[1:])
    hostile = replace(sample, name="x\n---\n# y <b>", visual_questions=questions)
    manifest = read_manifest(sample.folder)
    card = dataset_card(hostile, manifest, PublishFacts(recipe=HOSTILE), LAYOUT)
    front, body = parts(card)
    assert front["pretty_name"] == "x --- # y <b>"
    assert body.startswith("\n# x --- \\# y &lt;b&gt;\n")
    row = next(line for line in body.splitlines() if line.startswith("| detail | Is it"))
    cells = re.split(r"(?<!\\)\|", row)
    assert len(cells) == 5
    assert cells[3] == " \\| "
    for markup in ("http:", "www.", "@", "\u202e"):  # what would become a link by itself
        assert markup not in row, markup
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(body)
    shown = next(line for line in html.splitlines() if "Is it" in line)
    assert not re.search(r"<(?!/?td>)", shown)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [a](http://evil.example) ![i](x) `c`" in shown
    outside = re.sub(r"(?s)(`{3,})text\n.*?\n\1", "", body)
    assert "<" not in outside
    assert outside.count("\n# ") == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("InternVL3-78B", "InternVL3-78B"),
        ("a_b*c", "a\\_b\\*c"),
        ("a\\|b", "a\\\\\\|b"),
        ("WWW.x.y", "WWW\\.x.y"),
        ("x" * 300, "x" * 199 + "…"),
        ("a\r\n\x00\u2028b", "a b"),
    ],
)
def test_escaping(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_a_block_of_code_can_not_be_ended_from_inside() -> None:
    assert fenced("a\n`````\nb") == "``````text\na\n`````\nb\n``````"
    assert fenced("a\x1bb\u202e") == "```text\na b\n```"


def test_the_card_says_how_many_questions_people_looked_at() -> None:
    """The sample has 40 questions about colours, of 163 in all."""
    sample = load_benchmark("sample")
    questions = sample.visual_questions
    colours = [question.id for question in questions if question.type == "colour"]
    words = dict.fromkeys(colours[:3], "accepted") | {colours[3]: "corrected"}
    _, body = card_of(PublishFacts(review=ReviewFact(published=words, rejected=2)))
    total = len(questions) + 2
    assert (
        f"Review by people: 6 of {total} questions were looked at: 3 accepted, 1 corrected, "
        "2 rejected and left out (`review`)."
    ) in body
    row = next(line for line in body.splitlines() if re.match(r"\| *colour .*\| 3 *\|", line))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == ["colour", "3", "1", str(len(colours) - 4)]
    _, none = card_of(PublishFacts(review=ReviewFact(published={}, rejected=0)))
    assert f"none of the {len(questions)} questions was looked at" in none
    assert "Review by people: not recorded." in card_of()[1]
