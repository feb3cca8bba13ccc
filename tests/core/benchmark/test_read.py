"""The benchmark folder: what is written is read back, and what was changed is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa._version import __version__
from locomo_vqa.benchmark import Benchmark, Erratum, load_benchmark
from locomo_vqa.benchmark.locate import SAMPLE_FOLDER
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.errors import InputError, MissingResource, OutputError
from locomo_vqa.files import sha256_file
from locomo_vqa.locomo import read_locomo
from tests.conftest import Cli, tree
from tests.core.locomo_example import sample

GOLDEN = Path(__file__).parents[2] / "golden" / "benchmark"


def content(tmp_path: Path, *names: str) -> BenchmarkContent:
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps([sample(name) for name in names]), encoding="utf-8")
    locomo = read_locomo(path)
    return BenchmarkContent(
        name="Example",
        license=None,
        sources=[{"name": path.name, "sha256": sha256_file(path)}],
        conversations=locomo.conversations,
        text_questions=locomo.questions,
        visual_questions=(),
        images=locomo.images,
        image_files={},
        report=locomo.report.to_json(),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_benchmark(tmp_path / "benchmark", content(tmp_path, "conv-1", "conv-2"))
    return tmp_path / "benchmark"


def test_what_is_written_is_read(folder: Path, tmp_path: Path) -> None:
    written = content(tmp_path, "conv-1", "conv-2")
    benchmark = load_benchmark(folder)
    assert benchmark.conversations == written.conversations
    assert benchmark.text_questions == written.text_questions
    assert benchmark.images == written.images
    assert benchmark.name == "Example"


def test_a_folder_that_was_replaced_is_read_anew(folder: Path, tmp_path: Path) -> None:
    before = load_benchmark(folder)
    shutil.rmtree(folder)
    write_benchmark(folder, content(tmp_path, "conv-2"))
    assert load_benchmark(folder).conversations == before.conversations[1:]


def test_the_format_is_the_golden_one(folder: Path) -> None:
    """The golden folder was read by a person once; a change of the format shows here."""
    golden, written = tree(GOLDEN), tree(folder)
    assert list(written) == list(golden)
    for name, expected in golden.items():
        version = f'"version": "{__version__}"'.encode()
        assert written[name] == expected.replace(b'"version": "0.1.0"', version), name


def test_writing_twice_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_benchmark(tmp_path / "again", content(tmp_path, "conv-1", "conv-2"))
    assert tree(tmp_path / "again") == tree(folder)


def test_errata_do_not_change_the_revision(tmp_path: Path) -> None:
    plain = content(tmp_path, "conv-1")
    erratum = Erratum(kind="AMBIGUOUS", changes_score=True)
    first, *rest = plain.text_questions
    marked = replace(plain, text_questions=(replace(first, erratum=erratum), *rest))
    one = write_benchmark(tmp_path / "one", plain)
    two = write_benchmark(tmp_path / "two", marked)
    assert one == two
    assert load_benchmark(tmp_path / "two").text_questions[0].erratum == erratum
    other = write_benchmark(tmp_path / "other", content(tmp_path, "conv-3"))
    assert other != one


def test_an_existing_folder_is_kept(folder: Path, tmp_path: Path) -> None:
    before = tree(folder)
    with pytest.raises(OutputError, match="already exists"):
        write_benchmark(folder, content(tmp_path, "conv-1"))
    assert tree(folder) == before


def edit(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return apply


def edit_and_seal(name: str, change: Callable[[list[Any]], None]) -> Callable[[Path], None]:
    """Change rows and make the hash fit again, as a forger would."""

    def apply(folder: Path) -> None:
        rows = [json.loads(line) for line in (folder / name).read_text().splitlines()]
        change(rows)
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        manifest = json.loads((folder / "benchmark.json").read_text())
        manifest["files"][name]["sha256"] = sha256_file(folder / name)
        (folder / "benchmark.json").write_text(json.dumps(manifest))

    return apply


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "an answer edited by hand": (
        edit("text_questions.jsonl", lambda text: text.replace("2022", "2023")),
        "text_questions.jsonl: was changed after it was written",
    ),
    "a file gone": (lambda folder: (folder / "images.jsonl").unlink(), "images.jsonl: is missing"),
    "a manifest that is cut off": (
        edit("benchmark.json", lambda text: text[:100]),
        "benchmark.json: the benchmark's manifest is not valid JSON",
    ),
    "a manifest of a later version": (
        edit(
            "benchmark.json",
            lambda text: text.replace('"schema_version": 1', '"schema_version": 2'),
        ),
        "its format is 2, and this version reads 1. Upgrade",
    ),
    "no manifest": (
        lambda folder: (folder / "benchmark.json").unlink(),
        "is not a benchmark folder",
    ),
    "a forged answer": (
        edit_and_seal("text_questions.jsonl", lambda rows: rows[0].update(answer="2023")),
        "its revision does not match",
    ),
    "a row of another shape": (
        edit_and_seal("text_questions.jsonl", lambda rows: rows[1].update(category=7)),
        r"text_questions.jsonl: line 2, category: 7 is not one of",
    ),
    "a split edited by hand": (
        edit("benchmark.json", lambda text: text.replace('"conv-2"', '"conv-3"')),
        "benchmark.json: its split test does not match conversations.jsonl, where it has conv-2",
    ),
    "a picture's name that is a path": (
        edit_and_seal("images.jsonl", lambda rows: rows[0].update(format="../x")),
        "line 1, format",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_folder_that_was_changed_is_refused(name: str, folder: Path) -> None:
    damage, message = DAMAGES[name]
    damage(folder)
    with pytest.raises(InputError, match=message):
        load_benchmark(folder)


def written_again(folder: Path, **changes: Any) -> Path:
    """Write the sample with other rows, with hashes and a revision that fit."""
    sample = load_benchmark("sample")
    report = json.loads((SAMPLE_FOLDER / "report.json").read_text())
    rows = {
        "conversations": sample.conversations,
        "text_questions": sample.text_questions,
        "visual_questions": sample.visual_questions,
        "images": sample.images,
    }
    images = {r.sha256: sample.image_path(r.sha256) for r in sample.images if r.sha256}
    fixed: dict[str, Any] = {"license": None, "sources": [], "report": report}
    described = BenchmarkContent(name="s", image_files=images, **fixed, **{**rows, **changes})
    write_benchmark(folder, described)
    return folder


@pytest.mark.slow
def test_splits_that_are_not_apart_are_refused(tmp_path: Path) -> None:
    """A conversation or an image of training in another split would be a leak."""
    sample = load_benchmark("sample")
    load_benchmark(written_again(tmp_path / "same"))
    first, *others = sample.conversations
    moved = (replace(first, split="test"), *others)
    with pytest.raises(InputError, match=rf"{first.id}/t/0 is in the split train, and its conv"):
        load_benchmark(written_again(tmp_path / "moved", conversations=moved))
    twice = (*sample.conversations, replace(first, split="test"))
    with pytest.raises(InputError, match=f"the conversation {first.id} occurs twice"):
        load_benchmark(written_again(tmp_path / "twice", conversations=twice))
    train = next(q for q in sample.visual_questions if q.split == "train")
    *rest, last = sample.visual_questions
    assert last.split == "test"
    shared = (*rest, replace(last, image=train.image))
    with pytest.raises(InputError, match=rf"{train.id} \(train\) and {last.id} \(test\) are about"):
        load_benchmark(written_again(tmp_path / "shared", visual_questions=shared))


def test_what_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is not a benchmark folder"):
        load_benchmark(tmp_path / "nothing")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(MissingResource, match="no-such-org/no-such-set: is not a local folder"):
        load_benchmark("no-such-org/no-such-set")


@pytest.mark.slow
def test_the_revision_of_the_real_file(real_locomo: Path, tmp_path: Path) -> None:
    """Both layouts of the published file have this revision; the format keeps it stable."""
    locomo = read_locomo(real_locomo)
    written = replace(
        content(tmp_path, "conv-1"),
        conversations=locomo.conversations,
        text_questions=locomo.questions,
        images=locomo.images,
        report=locomo.report.to_json(),
    )
    revision = write_benchmark(tmp_path / "real", written)
    assert revision == "880dae12b47e30282df6b7218a0a5d0696d816dd958d5596e002d5e62a6995b5"
    benchmark: Benchmark = load_benchmark(tmp_path / "real")
    assert benchmark.conversations == locomo.conversations


@pytest.mark.slow
def test_a_image_that_was_replaced_or_lost_is_refused(tmp_path: Path, cli: Cli) -> None:
    shutil.copytree(SAMPLE_FOLDER, tmp_path / "copy")
    first, second = sorted((tmp_path / "copy" / "images").iterdir())[:2]
    size = second.stat().st_size
    second.write_bytes(first.read_bytes()[:size].ljust(size, b"\0"))
    benchmark = load_benchmark(tmp_path / "copy")
    with pytest.raises(InputError, match="was changed: its hash differs from its name"):
        benchmark.read_image(second.stem)
    assert benchmark.read_image(first.stem) == first.read_bytes()
    assert "its hash differs from its name" in cli("data", "info", "copy").stderr
    second.write_bytes(b"")
    with pytest.raises(InputError, match="does not have the size"):
        load_benchmark(tmp_path / "copy")
    second.unlink()
    with pytest.raises(InputError, match=r"png: is missing"):
        load_benchmark(tmp_path / "copy")


@pytest.mark.slow
def test_names_are_text_and_never_markup(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "locomo [bold] :smile:.json"
    raw = sample("conv-1")
    raw["conversation"]["speaker_a"] = "[/bold]\x1b[31m"
    path.write_text(json.dumps([raw]), encoding="utf-8")
    done = cli("data", "import", path, "--out", "out [bold]", "--name", "[/x]")
    assert done.returncode == 0, done.stderr
    assert "Wrote out [bold]" in done.stdout
    done = cli("data", "info", "out [bold]")
    assert done.returncode == 0, done.stderr
    assert "[/x]" in done.stdout
    assert "locomo [bold] :smile:.json" in done.stdout
    assert "\x1b" not in done.stdout
    assert "[/bold]\ufffd[31m" in done.stdout
    done = cli("data", "import", path, "--out", "nameless", "--name", "")
    assert done.returncode == 2
    assert "--name must not be empty" in done.stderr
    assert not (tmp_path / "nameless").exists()


def test_a_loaded_benchmark_is_returned_unchanged() -> None:
    benchmark = load_benchmark("sample")
    assert load_benchmark(benchmark) is benchmark
    with pytest.raises(InputError, match="`source` must be a benchmark, a path or a name, not"):
        load_benchmark(None)  # type: ignore[arg-type]
