"""`losses.json`: the golden file is what is written and read, and another shape is refused."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import ImageRecord, ImageState
from locomo_vqa.builders.images.duplicates import SharedImage, SimilarImage
from locomo_vqa.builders.images.losses import count_losses, read_losses, write_losses
from locomo_vqa.errors import InputError

GOLDEN = Path(__file__).parents[2] / "golden" / "losses.json"


def _record(url: str | None, state: ImageState, detail: str | None = None) -> ImageRecord:
    return ImageRecord(url=url, state=state, turns=(), detail=detail)


def test_the_golden_file_is_what_is_written_and_read(tmp_path: Path) -> None:
    """A person read the golden file once: its numbers are counted by hand from these records."""
    removed = SharedImage(
        sha256="1" * 64,
        reasons=("phash",),
        splits=("train",),
        places=("conv-1/D1:3",),
        urls=("https://b.example/2.png",),
        similar_to=SimilarImage(sha256="2" * 64, distance=4),
    )
    records = [
        _record("https://b.example/1.png", "ok"),
        _record("https://a.example/1.png", "unavailable", "answered 404 Not Found"),
        _record("https://b.example/2.png", "shared_across_splits"),
        _record("https://a.example/2.png", "unavailable", "answered 404 Not Found"),
        _record("https://a.example/3.png", "ok"),
        _record(None, "no_url"),
    ]
    losses = count_losses(records, [removed], visual_questions_removed=3)
    write_losses(tmp_path / "losses.json", losses)
    assert (tmp_path / "losses.json").read_bytes() == GOLDEN.read_bytes()
    found = asdict(read_losses(GOLDEN))
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {"schema_version": 1, "kind": "losses", **found} == expected


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema_version": 2}, "its format is 2, and this version reads 1"),
        ({"urls": -1}, "urls: -1 is less than"),
        ({"by_state": {"gone": 1}}, r"by_state: .*'gone' was unexpected"),
        ({"reasons": [{"state": "ok", "detail": "", "urls": 1}]}, r"reasons\[0\].state: 'ok' is"),
        ({"extra": 1}, "'extra' was unexpected"),
    ],
)
def test_another_shape_is_refused(change: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "losses.json"
    path.write_text(json.dumps({**json.loads(GOLDEN.read_text(encoding="utf-8")), **change}))
    with pytest.raises(InputError, match=rf"losses\.json: .*{sentence}"):
        read_losses(path)
    path.unlink()
    with pytest.raises(InputError, match="does not exist"):
        read_losses(path)
