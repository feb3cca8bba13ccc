from __future__ import annotations

import logging
from pathlib import Path

import pytest

from locomo_vqa.evaluators.metrics.value_cache import ValueCache, cache_file, cache_key


def test_values_come_back_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "values.sqlite"
    first = ValueCache(path)
    first.put({b"a": 0.25, b"b": "text"})
    first.put({b"a": 0.5})
    second = ValueCache(path)
    assert second.get([b"a", b"b", b"c"]) == {b"a": 0.5, b"b": "text"}


def test_without_a_path_nothing_is_kept() -> None:
    cache = ValueCache(None)
    cache.put({b"a": 0.5})
    assert cache.get([b"a"]) == {}


def test_keys_differ_wherever_a_text_does() -> None:
    texts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ("ab", "C")]
    assert len({cache_key(*each) for each in texts}) == len(texts)
    assert len(cache_key("\ud800")) == 32


@pytest.mark.parametrize("fault", ["damaged", "somebody else's", "no folder"])
def test_a_file_that_can_not_be_used_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    path = tmp_path / "values.sqlite"
    if fault == "damaged":
        path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
    elif fault == "somebody else's":
        ValueCache(path).put({b"a": 0.5})
        data = bytearray(path.read_bytes())
        data[68:72] = b"else"  # the application's number, at offset 68 of SQLite's header
        path.write_bytes(data)
    else:
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "values.sqlite"
    before = path.read_bytes() if path.exists() else None
    cache = ValueCache(path)
    with caplog.at_level(logging.WARNING):
        cache.put({b"b": 0.5})
        assert cache.get([b"b"]) == {}
    assert caplog.text.count("Values are not cached") == 1
    assert (path.read_bytes() if before is not None else None) == before


def test_it_is_in_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCOMO_VQA_CACHE", str(tmp_path))
    assert cache_file() == tmp_path / "values.sqlite"
