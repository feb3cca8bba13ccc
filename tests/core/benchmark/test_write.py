"""Images of a new benchmark folder: shared with where they come from, and never changed there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from locomo_vqa.benchmark import ImageRecord, load_benchmark
from locomo_vqa.benchmark.locate import SAMPLE_FOLDER
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.errors import OutputError
from tests.conftest import tree

IMAGE = b"the bytes of a picture"
SHA256 = hashlib.sha256(IMAGE).hexdigest()


def _content(source: Path, *, sha256: str = SHA256) -> BenchmarkContent:
    """A benchmark of one image, which has two URLs."""
    records = [
        ImageRecord(
            url=f"https://a.example/{number}.png",
            state="ok",
            turns=(),
            sha256=sha256,
            bytes=source.stat().st_size,
            format="png",
        )
        for number in (1, 2)
    ]
    return BenchmarkContent(
        name="Example",
        license=None,
        sources=[],
        conversations=(),
        text_questions=(),
        visual_questions=(),
        images=records,
        image_files={sha256: source},
        report={},
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An image somewhere on the same file system."""
    path = tmp_path / "fetched"
    path.write_bytes(IMAGE)
    return path


def test_images_are_shared_on_one_file_system(source: Path, tmp_path: Path) -> None:
    write_benchmark(tmp_path / "one", _content(source))
    benchmark = load_benchmark(tmp_path / "one")
    assert benchmark.image_path(SHA256).samefile(source)
    write_benchmark(tmp_path / "two", _content(benchmark.image_path(SHA256)))
    source.unlink()
    benchmark.image_path(SHA256).unlink()
    assert load_benchmark(tmp_path / "two").read_image(SHA256) == IMAGE


def test_the_installed_sample_is_never_shared(tmp_path: Path) -> None:
    image = min((SAMPLE_FOLDER / "images").iterdir())
    write_benchmark(tmp_path / "one", _content(image, sha256=image.stem))
    copied = load_benchmark(tmp_path / "one").image_path(image.stem)
    assert copied.read_bytes() == image.read_bytes()
    assert not copied.samefile(image)


def test_a_image_that_is_gone_leaves_nothing(source: Path, tmp_path: Path) -> None:
    content = _content(source)
    source.unlink()
    with pytest.raises(OutputError, match="one: can't be written"):
        write_benchmark(tmp_path / "one", content)
    assert tree(tmp_path) == {}
