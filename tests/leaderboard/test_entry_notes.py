"""What the notes on accepted entries say to a maintainer."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.leaderboard import build_site, verify
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.board_entry import Entry

from .conftest import DAY, ExactScorer, Submit

Verified = Callable[[], Board]


@pytest.fixture
def verified(submissions: Path, benchmark: Benchmark, scorer: ExactScorer) -> Verified:
    return lambda: verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)


def notes_of(entry: Entry) -> tuple[str, ...]:
    """Return an entry's notes, without the one on runs of earlier versions."""
    return tuple(note for note in entry.notes if "an earlier version wrote it" not in note)


def test_the_same_answers_under_another_name_are_noted(
    submitted: Submit, verified: Verified
) -> None:
    submitted(system="first")
    submitted(system="second")
    submitted(system="third", answers={"conv-1/t/1": "Porto"})
    notes = {entry.name: notes_of(entry) for entry in verified()}
    assert notes == {
        f"first__tiny-1/{DAY}": (f"Has the same answers as second__tiny-1/{DAY}.",),
        f"second__tiny-1/{DAY}": (f"Has the same answers as first__tiny-1/{DAY}.",),
        f"third__tiny-1/{DAY}": (),
    }


def test_names_that_look_alike_and_names_that_are_not_the_runs_are_noted(
    submitted: Submit, verified: Verified
) -> None:
    submitted(system="mem0", answers={"conv-1/t/0": "a"})
    submitted(system="bm25", name="m\u0435m0", answers={"conv-1/t/0": "b"})
    own, other = sorted(verified(), key=lambda entry: len(entry.notes))
    assert notes_of(own) == (
        f"The name 'mem0' looks like 'm\u0435m0' ('m\\u0435m0') (mm0__tiny-1/{DAY}).",
    )
    assert notes_of(other) == (
        "run.json says that the run's name is 'bm25', not 'm\u0435m0' ('m\\u0435m0').",
        "The name 'm\u0435m0' ('m\\u0435m0') mixes alphabets: 'm\u0435m' is m\\u0435m.",
        f"The name 'm\u0435m0' ('m\\u0435m0') looks like 'mem0' (mem0__tiny-1/{DAY}).",
    )


def test_a_models_name_that_mixes_alphabets_is_noted(submitted: Submit, verified: Verified) -> None:
    folder = submitted(system="mem0", answers={"conv-1/t/0": "a"})
    for file in ("metadata.yaml", "run.json"):
        text = (folder / file).read_text(encoding="utf-8")
        assert "tiny-1" in text
        (folder / file).write_text(text.replace("tiny-1", "t\u0456ny-1"), encoding="utf-8")
    (entry,) = verified()
    assert (
        "The model's name 't\u0456ny-1' ('t\\u0456ny-1') mixes alphabets: "
        "'t\u0456ny' is t\\u0456ny."
    ) in notes_of(entry)


def test_the_same_name_with_another_contact_is_noted(submitted: Submit, verified: Verified) -> None:
    submitted(system="mem0", answers={"conv-1/t/0": "a"})
    later = submitted(system="mem0", day=DAY + timedelta(days=1), answers={"conv-1/t/0": "b"})
    assert [notes_of(entry) for entry in verified()] == [(), ()]
    text = (later / "metadata.yaml").read_text(encoding="utf-8")
    (later / "metadata.yaml").write_text(text.replace("ada@", "eve@"), encoding="utf-8")
    first = verified()[f"mem0__tiny-1/{DAY}"]
    assert notes_of(first) == (
        f"Has the same name as mem0__tiny-1/{DAY + timedelta(days=1)}, with another contact.",
    )


def test_a_date_in_the_future_is_refused_and_left_out(
    submitted: Submit, verified: Verified
) -> None:
    future = date(2999, 12, 31)
    with pytest.raises(InputError, match=r"`date` is in the future: 2999-12-31"):
        submitted(day=future)
    entry = submitted()
    entry.rename(entry.parent / str(future))
    with pytest.raises(InputError, match="has no submission up to"):
        verified()


@pytest.mark.parametrize("zone", ["Etc/GMT-14", "Etc/GMT+12"])
def test_days_are_counted_in_utc(
    zone: str, submitted: Submit, verified: Verified, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any hour, one of the two is a day off from UTC; the entry must not be."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        today = datetime.now(UTC).date()
        entry = submitted(day=None)
        assert entry.name in (str(today), str(datetime.now(UTC).date())), "midnight may have passed"
        (found,) = verified()
        assert found.name == f"echo__tiny-1/{entry.name}"
        with pytest.raises(InputError, match="`date` is in the future"):
            submitted(system="other", day=today + timedelta(days=2))
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_folder_that_is_not_named_after_its_system_is_noted(
    submitted: Submit, verified: Verified
) -> None:
    entry = submitted()
    entry.parent.rename(entry.parent.parent / "mem0__gpt")
    (found,) = verified()
    assert notes_of(found) == (
        "The folder's name is not that of the system and its answerer, echo__tiny-1.",
    )


def test_a_name_that_can_not_be_seen_is_refused_and_rejected(
    submitted: Submit, verified: Verified
) -> None:
    for name in ("\u200b", "GPT-4 \u202eTPG", "bm25\u00ad"):
        with pytest.raises(InputError, match=r"system\.name has characters that can't be seen"):
            submitted(name=name)
    with pytest.raises(InputError, match=r"system\.name has no letter or digit"):
        submitted(name="...")
    metadata = submitted() / "metadata.yaml"
    text = metadata.read_text(encoding="utf-8")
    metadata.write_text(text.replace("name: echo", 'name: "echo\\u200b"'), encoding="utf-8")
    (found,) = verified()
    assert found.state == "rejected"
    assert found.problems == (
        "metadata.yaml: system.name has characters that can't be seen: U+200B.",
    )


@pytest.mark.parametrize(
    "edit",
    [
        lambda entry: entry["scores"]["metrics"]["v"]["overall"].update(value=99.9),
        lambda entry: entry["metadata"]["system"].update(name="other"),
        lambda entry: entry["notes"].append("Fine."),
    ],
)
def test_an_edited_board_never_becomes_a_site(
    submitted: Submit,
    verified: Verified,
    tmp_path: Path,
    edit: Callable[[dict[str, object]], None],
) -> None:
    submitted(answers={"conv-1/v/D1:1/colour": "blue"})
    file = verified().folder / "board.json"
    board = json.loads(file.read_text(encoding="utf-8"))
    edit(board["entries"][0])
    file.write_text(json.dumps(board), encoding="utf-8")
    with pytest.raises(InputError, match=r"board\.json: was changed after it was written"):
        build_site(file.parent, out=tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_reformatted_board_is_still_the_same_board(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted()
    file = verified().folder / "board.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")), indent=1))
    assert build_site(file.parent, out=tmp_path / "site").is_dir()


def test_what_an_operating_system_leaves_is_not_an_entry(
    submitted: Submit, verified: Verified, submissions: Path
) -> None:
    entry = submitted()
    (entry / ".DS_Store").write_bytes(b"\0")
    (entry / "._run.json").write_bytes(b"\0")
    (submissions / "Thumbs.db").write_bytes(b"\0")
    shutil.copytree(entry.parent, submissions / "__MACOSX" / entry.parent.name)
    (submissions / "docs" / "images").mkdir(parents=True)
    (submissions / "scripts" / "a__b").mkdir(parents=True)
    (found,) = verified()
    assert (found.name, found.state, notes_of(found)) == (f"echo__tiny-1/{DAY}", "rescored", ())
