"""The whole stage and its command: folder in, folder with images out, losses accounted for."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locomo_vqa.benchmark import ImageRecord, VisualQuestion, load_benchmark
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.builders.cli.images import images
from locomo_vqa.builders.images.fetch_images import fetch_images
from locomo_vqa.builders.images.outcome import ImageOutcome
from locomo_vqa.builders.images.separate import separate_splits
from locomo_vqa.builders.images.sources import with_outcome
from locomo_vqa.errors import OutputError
from locomo_vqa.files import sha256_file
from tests.conftest import tree

from .benchmarks_made import make_benchmark
from .conftest import quick
from .drawn import draw, encode, image_bytes
from .image_server import ImageServer, in_turn, reply


def command(source: Path, *args: str | Path) -> Result:
    given = ["--benchmark", str(source), *(str(arg) for arg in args)]
    return CliRunner().invoke(images, given, standalone_mode=False)


def uri(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.fixture
def source(server: ImageServer, tmp_path: Path) -> Path:
    """Three conversations whose images are in several splits in every way."""
    server.routes |= {f"/{n}.png": reply(200, image_bytes(n)) for n in range(9)}
    server.routes["/0-copy.png"] = reply(200, image_bytes(0))
    server.routes["/1-small.jpg"] = reply(200, encode(draw(1, (48, 36)), "JPEG"))
    server.routes["/html"] = reply(200, b"<html>", "Content-Type: text/html")
    at = server.url
    return make_benchmark(
        tmp_path / "source",
        {
            "conv-1": [at("/0.png"), at("/1.png"), at("/2.png"), at("/3.png"), None, at("/gone")],
            "conv-2": [at("/0-copy.png"), at("/4.png"), uri(image_bytes(20)), at("/html")],
            "conv-3": [at("/1-small.jpg"), at("/2.png"), at("/5.png"), uri(b"x"), at("/gone")],
        },
    )


def states(folder: Path) -> dict[str, str]:
    rows = map(json.loads, (folder / "images.jsonl").read_text().splitlines())
    return {(row["url"] or "none").rpartition("/")[2]: row["state"] for row in rows}


EXPECTED = {"ok": 4, "unavailable": 1, "not_an_image": 2, "shared_across_splits": 5}


def test_a_folder_with_images(source: Path, server: ImageServer, tmp_path: Path) -> None:
    before = tree(source)
    done = command(source, "--out", tmp_path / "out", "--allow-private", "--json")
    assert done.exception is None, done.output
    assert done.return_value == 0
    printed = json.loads(done.stdout)
    assert tree(source) == before
    assert {path.name for path in tmp_path.iterdir()} == {"source", "out"}

    benchmark = load_benchmark(tmp_path / "out")
    assert benchmark.revision == printed["revision"]
    kept = {path.stem: path for path in (tmp_path / "out" / "images").iterdir()}
    assert all(sha256_file(path) == sha for sha, path in kept.items())
    shown = {
        image.sha256
        for conversation in benchmark.conversations
        for _, turn in conversation.turns()
        for image in turn.images
        if image.state == "ok"
    }
    assert shown == set(kept)
    assert len(kept) == 4
    by_name = states(tmp_path / "out")
    assert {by_name[name] for name in ("3.png", "4.png", "5.png")} == {"ok"}
    shared = ("0.png", "0-copy.png", "1.png", "1-small.jpg", "2.png")
    assert {by_name[name] for name in shared} == {"shared_across_splits"}
    assert not any(
        name in (tmp_path / "out" / "conversations.jsonl").read_text() for name in shared
    )
    record = next(r for r in benchmark.images if r.url == server.url("/3.png"))
    assert (record.width, record.height, record.bytes) == (64, 48, len(image_bytes(3)))
    assert record.phash is not None

    losses = json.loads((tmp_path / "out" / "losses.json").read_text())
    assert losses.items() <= printed.items()
    assert losses["by_state"] == EXPECTED
    assert losses["urls"] == sum(EXPECTED.values())
    reasons = {sha: tuple(each["reasons"]) for each in losses["removed"] for sha in each["urls"]}
    assert reasons == {
        server.url("/0.png"): ("bytes",),
        server.url("/0-copy.png"): ("bytes",),
        server.url("/1.png"): ("phash",),
        server.url("/1-small.jpg"): ("phash",),
        server.url("/2.png"): ("url",),
    }


def test_the_table(source: Path, tmp_path: Path) -> None:
    done = command(source, "--out", tmp_path / "out", "--allow-private")
    for words in (
        "not_an_image",
        "answered 404 Not Found",
        "it is an HTML page; sent as text/html",
        "127.0.0.1",
        "data:",
        "4 images occur in several splits",
        "details: losses.json",
    ):
        assert words in done.stdout


def test_without_the_switch_nothing_private_is_opened(
    source: Path, server: ImageServer, tmp_path: Path
) -> None:
    done = command(source, "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout)["by_state"] == {"ok": 1, "not_an_image": 1, "blocked": 10}
    assert not server.hits


def test_the_network_is_not_used_with_a_mirror(
    source: Path, server: ImageServer, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror" / "127.0.0.1"
    mirror.mkdir(parents=True)
    (mirror / "3.png").write_bytes(image_bytes(3))
    done = command(source, "--out", tmp_path / "out", "--mirror", tmp_path / "mirror", "--json")
    assert done.return_value == 1
    assert json.loads(done.stdout)["by_state"] == {"ok": 2, "not_fetched": 9, "not_an_image": 1}
    assert not server.hits


@pytest.mark.slow
def test_what_failed_is_tried_again_on_the_result(
    source: Path, server: ImageServer, tmp_path: Path
) -> None:
    server.routes["/5.png"] = in_turn(*[reply(503)] * 2, reply(200, image_bytes(5)))
    settings = quick(server, attempts=2)
    first = fetch_images(source, out=tmp_path / "first", settings=settings)
    assert first.losses.by_state["not_fetched"] == 1
    hits = server.hits.copy()
    second = fetch_images(tmp_path / "first", out=tmp_path / "second", settings=settings)
    assert second.losses.by_state == EXPECTED
    again = {path for path in server.hits if server.hits[path] > hits[path]}
    assert again == {"/5.png", "/gone", "/html"}
    names = {path.name for path in (tmp_path / "second" / "images").iterdir()}
    assert len(names) == 4
    assert names > {path.name for path in (tmp_path / "first" / "images").iterdir()}


def test_shared_images_may_stay_for_a_later_stage(
    source: Path, server: ImageServer, tmp_path: Path
) -> None:
    done = fetch_images(source, out=tmp_path / "out", settings=quick(server), phash_distance=None)
    assert done.losses.by_state == {"ok": 9, "unavailable": 1, "not_an_image": 2}
    benchmark = load_benchmark(tmp_path / "out")
    parts = separate_splits(benchmark.conversations, benchmark.images, ())
    assert sum(record.state == "shared_across_splits" for record in parts.images) == 5


def test_an_output_that_is_there_is_kept(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(OutputError, match="already exists"):
        fetch_images(source, out=tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]
    assert not (tmp_path / "out.unfinished").exists()


def test_a_image_that_is_not_the_expected_one_has_changed() -> None:
    """A data set may be published with the hashes of its images and without their bytes."""
    expected = ImageRecord(url="u", state="not_fetched", sha256="a" * 64)
    same = with_outcome(expected, ImageOutcome(state="ok", sha256="a" * 64, bytes=3, format="png"))
    other = with_outcome(expected, ImageOutcome(state="ok", sha256="b" * 64, bytes=3, format="png"))
    assert (same.state, same.bytes) == ("ok", 3)
    assert (other.state, other.sha256, other.bytes) == ("bytes_changed", None, None)


@pytest.mark.slow
def test_visual_questions_go_with_their_image(tmp_path: Path) -> None:
    """The sample, with one of its train images put into the test split as well."""
    sample = load_benchmark("sample")
    paths = {r.sha256: sample.image_path(r.sha256) for r in sample.images if r.sha256}
    splits = {c.id: c.split for c in sample.conversations}
    first = next(r for r in sample.images if splits[r.turns[0].partition("/")[0]] == "train")
    other = next(r for r in sample.images if splits[r.turns[0].partition("/")[0]] == "test")
    twin = replace(first, url=other.url, turns=other.turns)
    records = [twin if record is other else record for record in sample.images]

    def moved(question: VisualQuestion) -> VisualQuestion:
        assert first.sha256 is not None
        return replace(
            question, image=first.sha256 if question.image == other.sha256 else question.image
        )

    write_benchmark(
        tmp_path / "source",
        BenchmarkContent(
            name="sample",
            license=None,
            sources=[],
            conversations=sample.conversations,
            text_questions=sample.text_questions,
            visual_questions=[moved(question) for question in sample.visual_questions],
            images=records,
            image_files=paths,
            report={},
        ),
    )
    gone = [q for q in sample.visual_questions if q.image in {first.sha256, other.sha256}]
    done = fetch_images(tmp_path / "source", out=tmp_path / "out")
    assert done.losses.by_state == {"ok": len(records) - 2, "shared_across_splits": 2}
    assert done.losses.visual_questions_removed == len(gone)
    result = load_benchmark(tmp_path / "out")
    assert len(result.visual_questions) == len(sample.visual_questions) - len(gone)
    assert {record.width for record in result.images if record.state == "ok"} == {224}


@pytest.mark.slow
def test_the_sample_shares_nothing_between_its_splits(tmp_path: Path) -> None:
    done = fetch_images("sample", out=tmp_path / "out")
    sample = load_benchmark("sample")
    assert done.losses.by_state == {"ok": len(sample.images)}
    assert done.revision == sample.revision


def test_the_help_has_an_example() -> None:
    output = CliRunner().invoke(images, ["--help"]).output
    assert "Example:" in output
    names = "out mirror allow-private per-host in-flight timeout max-bytes max-pixels json"
    assert all(f"--{name}" in output for name in names.split())


def test_the_printed_advice_for_a_retry_works(source: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    first = command(source, "--out", tmp_path / "out", "--mirror", tmp_path / "empty")
    assert first.return_value == 1
    assert (
        f"try the lost images again: locomo-vqa build images --benchmark {tmp_path / 'out'} --out"
        in (first.output.replace("\n", " "))
    )
    again = command(tmp_path / "out", "--out", tmp_path / "again", "--allow-private")
    assert again.exception is None, again.output
    assert states(tmp_path / "again") != states(tmp_path / "out")
    assert "not_fetched" not in states(tmp_path / "again").values()
