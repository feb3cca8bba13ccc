"""The published folder: a benchmark folder, and a data set that `datasets` reads offline."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.benchmark import Benchmark, Image, load_benchmark
from locomo_vqa.builders.publishing import PublishFacts, publish_dataset
from locomo_vqa.builders.publishing.parquet import write_parquet
from locomo_vqa.builders.publishing.tables import tables_of
from locomo_vqa.errors import InputError, OutputError
from tests.builders.publishing.conftest import FACTS
from tests.conftest import tree

LOADER = Path(__file__).parent / "load_published.py"


@pytest.mark.slow
def test_datasets_reads_every_table_and_image(published: Path, tmp_path: Path) -> None:
    environment = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(LOADER), str(published)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert loaded["rows"] == {
        "visual": {"train": 320, "validation": 42, "test": 90},
        "text": {"train": 135, "validation": 19, "test": 38},
        "conversations": {"train": 7, "validation": 1, "test": 2},
    }
    assert loaded["features"]["visual"]["image"] == "Image"
    assert loaded["features"]["visual"]["guessable"] == "bool"
    assert loaded["features"]["text"]["category"] == "int8"
    assert loaded["features"]["text"]["evidence"] == "List"
    benchmark = load_benchmark(published)
    assert [(row["id"], row["sha256"]) for row in loaded["pictures"]] == [
        (question.id, question.image) for question in benchmark.visual_questions
    ]
    assert {tuple(row["size"]) for row in loaded["pictures"]} == {(224, 224)}
    assert loaded["quality"] == {
        "sample-01/v/D1:9/detail": [True, False, None],
        "sample-01/v/D1:9/colour": [False, None, None],
    }
    assert loaded["review"] == {"sample-01/v/D1:9/detail": "corrected"}
    lines = (published / "text_questions.jsonl").read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    assert {key: loaded["text"][key] for key in first if key != "erratum"} == {
        key: value for key, value in first.items() if key != "erratum"
    }
    assert loaded["text"]["erratum_kind"] is None
    line = (published / "conversations.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert loaded["conversation"] == json.loads(line)


@pytest.mark.slow
def test_it_is_the_same_benchmark(published: Path) -> None:
    sample, again = load_benchmark("sample"), load_benchmark(published)
    assert again.revision == sample.revision
    assert again.visual_questions == sample.visual_questions
    before, after = tree(sample.folder), tree(published)
    assert {name: after[name] for name in before} == before


@pytest.mark.slow
def test_publishing_twice_gives_the_same_bytes(published: Path, tmp_path: Path) -> None:
    again = publish_dataset(load_benchmark("sample"), tmp_path / "again", FACTS)
    assert tree(again) == tree(published)
    assert (
        publish_dataset(load_benchmark(published), tmp_path / "third", FACTS) == tmp_path / "third"
    )
    assert tree(tmp_path / "third") == tree(published)


def test_a_image_is_kept_once_a_group_of_rows(published: Path) -> None:
    size = (published / "data/visual/train-00000-of-00001.parquet").stat().st_size
    images = sum(path.stat().st_size for path in (published / "images").iterdir())
    assert size < 1.1 * images  # 320 questions about 44 of the 63 images


def test_a_large_split_is_cut_into_files_in_order(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    sample = load_benchmark("sample")
    tables = tables_of(sample, {}, {}, sample.folder / "images")
    visual = {"visual": tables["visual"]}
    layout = write_parquet(tmp_path, visual, shard_bytes=400_000)["visual"]
    train = [q.id for q in sample.visual_questions if q.split == "train"]
    count = len(layout["train"])
    assert count > 2
    assert list(layout["train"]) == [
        f"data/visual/train-{number:05d}-of-{count:05d}.parquet" for number in range(count)
    ]
    files = [pq.ParquetFile(tmp_path / name) for name in layout["train"]]
    ids = [id for file in files for id in file.read(["id"])["id"].to_pylist()]
    for file in files:
        file.close()
    assert ids == train


def test_a_split_without_rows_has_no_file(tmp_path: Path) -> None:
    sample = load_benchmark("sample")
    few = replace(
        sample,
        visual_questions=(),
        text_questions=tuple(q for q in sample.text_questions if q.split == "test"),
    )
    layout = write_parquet(tmp_path, tables_of(few, {}, {}, sample.folder / "images"))
    assert {config: list(splits) for config, splits in layout.items()} == {
        "text": ["test"],
        "conversations": ["train", "validation", "test"],
    }


def published_copy(folder: Path) -> Benchmark:
    return load_benchmark(publish_dataset(load_benchmark("sample"), folder, PublishFacts()))


@pytest.mark.slow
def test_a_image_that_was_changed_or_lost(tmp_path: Path) -> None:
    benchmark = published_copy(tmp_path / "copy")
    image = sorted((benchmark.folder / "images").iterdir())[0]
    image.write_bytes(b"another")
    with pytest.raises(InputError, match=f"{image.name}: the image was changed"):
        publish_dataset(benchmark, tmp_path / "out", PublishFacts())
    image.unlink()
    with pytest.raises(InputError, match=f"{image.name}: the image is missing"):
        publish_dataset(benchmark, tmp_path / "out", PublishFacts())
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_splits_that_share_a_image_are_refused(tmp_path: Path) -> None:
    sample = load_benchmark("sample")
    questions = list(sample.visual_questions)
    questions[-1] = replace(questions[-1], image=questions[0].image)
    asked = replace(sample, visual_questions=tuple(questions))
    last = sample.conversations[-1]
    shared = Image(url=None, sha256=questions[0].image, state="ok")
    turn = replace(last.sessions[0].turns[0], images=(shared,))
    session = replace(last.sessions[0], turns=(turn, *last.sessions[0].turns[1:]))
    changed = replace(last, sessions=(session, *last.sessions[1:]))
    shown = replace(sample, conversations=(*sample.conversations[:-1], changed))
    for benchmark in (asked, shown):
        with pytest.raises(InputError, match=f"several splits: {questions[0].image}"):
            publish_dataset(benchmark, tmp_path / "out", PublishFacts())
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_folder_with_other_content_is_kept(published: Path) -> None:
    """Another card, another revision, a file of somebody else's: all are other content."""
    before = hashlib.sha256(repr(sorted(tree(published).items())).encode()).digest()
    sample = load_benchmark("sample")
    for other, facts in (
        (sample, replace(FACTS, stability=0.5)),
        (sample, replace(FACTS, quality={})),
        (replace(sample, revision="0" * 64), FACTS),
    ):
        with pytest.raises(OutputError, match="already exists"):
            publish_dataset(other, published, facts)
    assert [path.name for path in published.parent.iterdir()] == [published.name]
    assert hashlib.sha256(repr(sorted(tree(published).items())).encode()).digest() == before


@pytest.mark.slow
def test_the_same_content_again_is_finished_already(tmp_path: Path) -> None:
    """As after a run that was killed when it had moved the folder to its place."""
    benchmark = published_copy(tmp_path / "copy")
    before = tree(tmp_path)
    assert publish_dataset(load_benchmark("sample"), benchmark.folder, PublishFacts())
    assert tree(tmp_path) == before
    (benchmark.folder / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="already exists"):
        publish_dataset(load_benchmark("sample"), benchmark.folder, PublishFacts())


def test_a_benchmark_that_is_not_its_folder_any_more(tmp_path: Path) -> None:
    other = replace(load_benchmark("sample"), revision="0" * 64)
    with pytest.raises(InputError, match="was changed since it was loaded"):
        publish_dataset(other, tmp_path / "out", PublishFacts())
