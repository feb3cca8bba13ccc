"""Files that appear whole or not at all, and sentences for those that can't be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import (
    canonical_json,
    link_or_copy,
    new_folder,
    read_json,
    read_jsonl,
    sha256_file,
    sha256_text,
    some,
    write_jsonl,
    write_text,
)


def test_the_hashes_are_those_of_the_standard(tmp_path: Path) -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "empty").touch()
    assert sha256_text("") == sha256_file(tmp_path / "empty") == empty
    assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'


def test_json_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n\n{"b": "line\u2028separator"}\n', encoding="utf-8")
    assert read_jsonl(path, what="it") == [(1, {"a": 1}), (3, {"b": "line\u2028separator"})]
    path.write_text('{"a": 1}\n{"b": ', encoding="utf-8")
    with pytest.raises(InputError, match="line 2, column 7: it looks cut off"):
        read_jsonl(path, what="it")


def test_a_lone_surrogate_becomes_a_replacement_character(tmp_path: Path) -> None:
    path = tmp_path / "surrogate.json"
    path.write_text('{"\\ud800": ["\\uDFFF", "\\ud83d\\ude00"]}', encoding="utf-8")
    value = read_json(path, what="it")
    assert value == {"\ufffd": ["\ufffd", "😀"]}
    write_jsonl(tmp_path / "out.jsonl", [value])


def test_an_integer_too_long_for_python_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "digits.json"
    path.write_text("9" * 5000, encoding="utf-8")
    with pytest.raises(InputError, match="can't be parsed"):
        read_json(path, what="it")


def test_a_folder_appears_only_when_its_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "folder"
    with pytest.raises(RuntimeError), new_folder(target, what="it", remedy="no") as out:
        (out / "half").write_text("x")
        raise RuntimeError
    assert not target.exists()
    with new_folder(target, what="it", remedy="no") as out:
        (out / "whole").write_text("x")
    assert [path.name for path in target.iterdir()] == ["whole"]
    assert [path.name for path in target.parent.iterdir()] == ["folder"]
    with (
        pytest.raises(OutputError, match=r"already exists\. Do that instead"),
        new_folder(target, what="it", remedy="Do that instead."),
    ):
        pass


def test_what_can_t_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="can't be written"):
        write_text(tmp_path / "file" / "below", "x")
    with (
        pytest.raises(OutputError, match="can't be written"),
        new_folder(tmp_path / "file" / "below", what="it", remedy="no"),
    ):
        pass


def test_a_full_disk_leaves_the_old_content() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    with pytest.raises(OutputError):
        write_text(full / "x", "content")


def test_a_file_has_two_names_until_one_is_written_anew(tmp_path: Path) -> None:
    """Everything that we write replaces a file, so the other name keeps the old content."""
    (tmp_path / "a").write_text("old")
    link_or_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").samefile(tmp_path / "b")
    write_text(tmp_path / "b", "new")
    assert (tmp_path / "a").read_text() == "old"
    with pytest.raises(FileExistsError):
        link_or_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "new"


def test_what_can_t_have_two_names_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "below").mkdir()
    link_or_copy(tmp_path / "link", tmp_path / "below" / "b")
    assert not (tmp_path / "below" / "b").is_symlink()

    def refuse(source: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    link_or_copy(tmp_path / "a", tmp_path / "c")
    for name in ("below/b", "c"):
        assert (tmp_path / name).read_text() == "x"
        assert not (tmp_path / name).samefile(tmp_path / "a")
    with pytest.raises(FileNotFoundError):
        link_or_copy(tmp_path / "missing", tmp_path / "d")


def test_some_of_many() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some([str(i) for i in range(2000)]) == "0, 1, 2 and 1,997 more"
