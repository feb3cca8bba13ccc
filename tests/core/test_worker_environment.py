"""What a system's process says of the distributions that are installed beside it."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

from locomo_vqa.worker import describe_environment


def test_the_installed_distributions_are_those_of_importlib() -> None:
    expected: dict[str, str] = {}
    for found in metadata.distributions():
        if Path(str(found.locate_file(""))).name in ("thirdparty_files", "_vendor"):
            continue  # Parts of Ray and setuptools, if they are imported.
        name = re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()
        expected.setdefault(name, found.version)
    assert len(expected) > 50
    assert describe_environment()["distributions"] == expected


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("a.dist-info/METADATA", "Metadata-Version: 2.1\nName: A_b.C\nVersion: 1.0\n", "1.0"),
        ("a.dist-info/METADATA", "version:\t2\r\nNAME:   a-b-c  \r\n\r\n", "2"),
        ("a.dist-info/METADATA", "Name: a-b-c\nVersion: 3\nVersion: 4\nName: other\n", "3"),
        ("a.dist-info/METADATA", "Name: a-b-c\nVersion: 5\n\nName: other\nVersion: 6\n", "5"),
        ("a.egg-info/PKG-INFO", "Name: a-b-c\nVersion: 7\n", "7"),
        ("a.egg-info", "Name: a-b-c\nVersion: 8\n", "8"),
    ],
)
def test_each_kind_of_metadata_is_read(
    file: str, text: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = describe_environment()["distributions"]
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(text.encode())
    monkeypatch.syspath_prepend(str(tmp_path))
    assert describe_environment()["distributions"] == {**before, "a-b-c": expected}


@pytest.mark.parametrize("text", [None, "", "Version: 1\n", "\nName: a\nVersion: 1\n"])
def test_a_distribution_without_a_name_is_left_out(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = describe_environment()["distributions"]
    folder = tmp_path / "a.dist-info"
    folder.mkdir()
    if text is not None:
        (folder / "METADATA").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert describe_environment()["distributions"] == before


@pytest.mark.parametrize("carrier", ["ray/thirdparty_files", "setuptools/_vendor"])
def test_what_a_package_carries_is_a_part_of_it(
    carrier: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = describe_environment()["distributions"]
    carried = tmp_path / "site-packages" / carrier / "carried-1.0.dist-info"
    carried.mkdir(parents=True)
    (carried / "METADATA").write_text("Name: carried\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(carried.parent)
    assert describe_environment()["distributions"] == before
