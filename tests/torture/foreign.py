"""Small good files of every kind that comes from elsewhere, and the commands that read them."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from PIL import Image

import locomo_vqa
import locomo_vqa as lv
from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.builders.importing import import_locomo
from locomo_vqa.builders.publishing import publish_benchmark
from tests.builders.small_build import RECIPE
from tests.core.locomo_example import sample

__all__ = ["KINDS", "ForeignKind", "make_world"]

_SCORE = ("--benchmark", "sample", "--split", "test", "--metrics", "f1,v,r,a", "--out", "scores")


@dataclass(frozen=True)
class ForeignKind:
    """One kind of file or folder, and a command that reads it."""

    command: Sequence[str]
    """What follows `locomo-vqa`, in a folder with a copy of the files."""
    files: Sequence[str]
    """Patterns of the files of which one is changed; each is copied."""
    also: Sequence[str] = ()
    """Patterns of further files and folders that the command needs."""


def _score(name: str) -> ForeignKind:
    return ForeignKind(("score", name, *_SCORE, "--report", "r.html"), (name,))


KINDS: dict[str, ForeignKind] = {
    **{
        f"predictions as {name}": _score(f"predictions/{name}")
        for name in (
            *("ours.jsonl", "mem0.json", "zep.json", "evermemos.json", "longmemeval.json"),
            *("locomo.json", "rows.json", "packed.json.gz", "ranking.trec", "ranking.json"),
        )
    },
    "two predictions": ForeignKind(
        (
            *("compare", "predictions/ours.jsonl", "predictions/rows.json", "--benchmark"),
            *("sample", "--split", "test", "--metrics", "f1", "--out", "c"),
        ),
        ("predictions/ours.jsonl", "predictions/rows.json"),
    ),
    "LoCoMo": ForeignKind(("data", "import", "locomo.json", "--out", "out"), ("locomo.json",)),
    "LoCoMo's zip": ForeignKind(("data", "import", "locomo.zip", "--out", "out"), ("locomo.zip",)),
    "errata": ForeignKind(
        ("data", "import", "locomo.json", "--errata", "errata.json", "--out", "out"),
        ("errata.json",),
        ("locomo.json",),
    ),
    "a benchmark": ForeignKind(("data", "info", "bench"), ("bench/*.json*",), ("bench",)),
    "a benchmark that is run": ForeignKind(
        ("run", "no-memory", "--benchmark", "bench", "--limit", "1", "--out", "out"),
        ("bench/*.json*",),
        ("bench",),
    ),
    "a published data set": ForeignKind(
        ("data", "info", "published"), ("published/**/*",), ("published",)
    ),
    "a run": ForeignKind(
        ("score", "run", *_SCORE, "--report", "r.html"), ("run/*.json*",), ("run",)
    ),
    "calls of a run": ForeignKind(("efficiency", "run"), ("run/*.json*",), ("run",)),
    "a run on the frontier": ForeignKind(
        ("frontier", "run", "other", "--metric", "f1", "--x", "latency"),
        ("run/*.json*",),
        ("run", "other"),
    ),
    "a run that goes on": ForeignKind(
        ("run", "bm25", "--benchmark", "sample", "--limit", "1", "--out", "part"),
        ("part/**/*.json*",),
        ("part",),
    ),
    "a run that is submitted": ForeignKind(
        ("submit", "run", "--to", "subs", "--date", "2026-01-03"), ("run/*.json*",), ("run",)
    ),
    "submissions": ForeignKind(
        ("leaderboard", "verify", "subs", "--benchmark", "sample"),
        ("subs/*/*/*", "subs/*/*.yaml"),
        ("subs",),
    ),
    "a board": ForeignKind(
        ("leaderboard", "build", "board", "--out", "site"), ("board/*.*",), ("board",)
    ),
    "a board that is compared": ForeignKind(
        ("leaderboard", "diff", "board", "old"), ("board/*.*",), ("board", "old")
    ),
    "a board that is exported": ForeignKind(
        (
            *("leaderboard", "export", "every-eval-ever", "board", "--benchmark", "sample"),
            *("--out", "eee"),
        ),
        ("board/*.*", "board/*/*/*"),
        ("board",),
    ),
    "a recipe": ForeignKind(
        ("build", "ingest", "recipe.toml", "--work", "w"), ("recipe.toml",), ("locomo.json",)
    ),
    "prices": ForeignKind(
        ("efficiency", "run", "--prices", "prices.toml"), ("prices.toml",), ("run",)
    ),
    "a mirror": ForeignKind(
        ("build", "images", "--benchmark", "bench", "--mirror", "mirror", "--out", "out"),
        ("mirror/*",),
        ("bench", "mirror"),
    ),
    "a bundle": ForeignKind(("replay", "bundle.zip", "--benchmark", "sample"), ("bundle.zip",)),
}


def make_world(folder: Path) -> None:
    """Write a good file of every kind, under the names that `KINDS` gives them."""
    bench = load_benchmark("sample")
    _write_predictions(folder / "predictions", bench)
    conversations = [sample(f"conv-{number}") for number in range(3)]
    _write_mirror(folder / "mirror", bench, conversations)
    (folder / "locomo.json").write_text(json.dumps(conversations), encoding="utf-8")
    _write_zip(folder / "locomo.zip", conversations)
    import_locomo(folder / "locomo.json", out=folder / "bench")
    for name in ("run", "other"):
        lv.run("bm25", benchmark="sample", out=folder / name, progress=False)
    lv.run("bm25", benchmark="sample", out=folder / "part", limit=1, progress=False)
    for name in ("subs", "board"):
        for day in (1, 2):
            lv.submit(folder / "run", to=folder / name, date=date(2026, 1, day))
    bundle = folder / "bundle.zip"
    lv.submit(folder / "run", to=folder / "subs", date=date(2026, 1, 4), bundle=bundle)
    _write_entries(folder / "subs")
    lv.build_site(lv.verify(folder / "board", benchmark="sample"), out=folder / "site")
    shutil.copytree(folder / "board", folder / "old")
    shutil.copyfile(Path(locomo_vqa.__file__).with_name("prices.toml"), folder / "prices.toml")
    _json(folder / "errata.json", _ERRATA)
    recipe = RECIPE.format(model="openai:http://127.0.0.1:9/v1?model=")
    (folder / "recipe.toml").write_text(recipe, encoding="utf-8")
    publish_benchmark("sample", out=folder / "published")


def _write_entries(folder: Path) -> None:
    """Add the history of an entry, and a file that was published elsewhere."""
    entry = next(path for path in folder.iterdir() if path.is_dir())
    (entry / "2026-01-01.history.yaml").write_text(_HISTORY, encoding="utf-8")
    published = folder / "elsewhere__gpt" / "2026-01-05"
    published.mkdir(parents=True)
    shutil.copyfile(folder.parent / "predictions" / "rows.json", published / "answers.json")
    (published / "source.yaml").write_text(_SOURCE, encoding="utf-8")


def _write_mirror(folder: Path, bench: Benchmark, conversations: list[dict[str, Any]]) -> None:
    """Write images of every format, and let turns of the conversations show them."""
    folder.mkdir()
    rows = []
    turns = [
        turn
        for each in conversations
        for turn in (each["conversation"]["session_2"][0], each["conversation"]["session_4"][0])
    ]
    records = [record for record in bench.images if record.sha256]
    for number, (turn, record, suffix) in enumerate(zip(turns, records, _FORMATS, strict=False)):
        name, address = f"{number}.{suffix}", f"https://pictures.example/{number}"
        with Image.open(io.BytesIO(bench.read_image(record.sha256 or ""))) as image:
            image.convert("RGB").resize((48, 48)).save(folder / name)
        turn["img_url"] = [address]
        rows.append({"url": address, "file": name})
    _lines(folder / "mirror.jsonl", rows)


def _write_zip(path: Path, conversations: list[dict[str, Any]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number, each in enumerate(conversations):
            part = {**each["conversation"], "qa": each["qa"], "sample_id": each["sample_id"]}
            archive.writestr(f"{number}.json", json.dumps(part))


_FORMATS = ("png", "jpg", "webp", "gif", "png", "jpg")
_ERRATA = {
    "source": "by hand",
    "errata": [
        {"conversation": "conv-0", "index": 2, "error_type": "HALLUCINATION", "changes_score": True}
    ],
}
_HISTORY = """\
- event: disputed
  date: '2026-01-02'
  who: bo@example.org
  why: Its index has the gold answers.
- event: settled
  date: '2026-01-05'
  who: ada@example.org
  why: It has not.
"""
_SOURCE = """\
title: rows.json
url: https://example.org/rows
date: 2026-01-04
system: Elsewhere
version: "0.0.32"
answerer: gpt
judge: null
images: null
split: test
trained_on_locomo: false
"""


def _answers(bench: Benchmark) -> list[dict[str, Any]]:
    """Return the text questions of the test split, each second one answered rightly."""
    return [
        {
            "question_id": question.id,
            "conversation": question.conversation,
            "question": question.question,
            "answer": question.answer,
            "category": question.category,
            "said": question.answer if number % 2 else "blue",
            "evidence": list(question.evidence),
        }
        for number, question in enumerate(bench.text_questions)
        if question.split == "test" and question.answer is not None
    ]


def _write_predictions(folder: Path, bench: Benchmark) -> None:
    folder.mkdir()
    rows = _answers(bench)
    ours = [
        {"question_id": row["question_id"], "prediction": row["said"], "state": "ok"}
        | {"retrieved": [{"text": "…", "turn": each, "score": 0.5} for each in row["evidence"]]}
        for row in rows
    ]
    _lines(folder / "ours.jsonl", ours)

    def by_conversation(make: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        grouped: dict[str, Any] = {}
        for row in rows:
            grouped.setdefault(row["conversation"], []).append(make(row))
        return grouped

    def some(row: dict[str, Any], *keys: str) -> dict[str, Any]:
        return {key: row[key] for key in keys}

    mem0 = by_conversation(
        lambda row: {**some(row, "question", "answer", "category"), "response": row["said"]}
    )
    zep = by_conversation(
        lambda row: (
            {"question": row["question"], "golden_answer": row["answer"]}
            | {"answer": row["said"], "category": row["category"]}
        )
    )
    _json(folder / "mem0.json", mem0)
    _json(folder / "zep.json", zep)
    detailed = by_conversation(
        lambda row: (
            {**some(row, "question_id", "question"), "generated_answer": row["said"]}
            | {"golden_answer": row["answer"], "llm_judgments": {"judgment_1": True}}
        )
    )
    _json(folder / "evermemos.json", {"detailed_results": detailed, "accuracy": 0.5})
    _json(
        folder / "longmemeval.json",
        [{"question_id": row["question_id"], "hypothesis": row["said"]} for row in rows],
    )
    locomo = by_conversation(
        lambda row: {**some(row, "question", "answer", "category"), "gpt_prediction": row["said"]}
    )
    _json(folder / "locomo.json", [{"sample_id": name, "qa": qa} for name, qa in locomo.items()])
    listed = [
        {**some(row, "conversation", "question", "answer"), "prediction": row["said"]}
        for row in rows
    ]
    _json(folder / "rows.json", listed)
    packed = gzip.compress(json.dumps(listed).encode(), mtime=0)
    (folder / "packed.json.gz").write_bytes(packed)
    _json(folder / "ranking.json", {row["question_id"]: row["evidence"] for row in rows})
    lines = [
        f"{row['question_id']} Q0 {turn} {place} {1 / (1 + place)} tag\n"
        for row in rows
        for place, turn in enumerate(row["evidence"])
    ]
    (folder / "ranking.trec").write_text("".join(lines), encoding="utf-8")


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def _lines(path: Path, rows: Sequence[Any]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
