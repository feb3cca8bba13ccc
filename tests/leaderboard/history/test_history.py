"""What happened to an entry: recorded, read by `verify`, and shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import locomo_vqa as lv
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.leaderboard.board import Board, read_board
from locomo_vqa.leaderboard.board_entry import Entry
from locomo_vqa.leaderboard.summary import remarks, summary_rows
from locomo_vqa.leaderboard.verification.report import verification_report
from locomo_vqa.scores import Scorer
from tests.conftest import Cli

Submit = Callable[..., Path]
Verified = Callable[..., Board]
OLD, NEW = "old__tiny-1/2026-08-31", "new__tiny-1/2026-09-01"
WHO = "ada@example.org"


@pytest.fixture
def verified(submissions: Path, benchmark: Benchmark, scorer: Scorer) -> Verified:
    """Verifies the submissions; the board that is read from its file must be the same."""

    def run(**settings: Any) -> Board:
        board = lv.verify(
            submissions, benchmark=benchmark, scorer=scorer, progress=False, **settings
        )
        assert read_board(submissions) == board
        return board

    return run


@pytest.fixture
def two(submitted: Submit) -> tuple[Path, Path]:
    """The folders of an old and a new entry."""
    return submitted(system="old"), submitted(system="new", day=date(2026, 9, 1))


def write(entry: Path, *events: dict[str, str], text: str | None = None) -> Path:
    """Write an entry's history by hand."""
    path = entry.parent / f"{entry.name}.history.yaml"
    plain = [{"date": "2026-09-02", "who": WHO, "why": "It is.", **event} for event in events]
    path.write_text(yaml.safe_dump(plain) if text is None else text, encoding="utf-8")
    return path


def record(entry: Path, event: Any, **settings: Any) -> Path:
    given = {"who": WHO, "why": "The index had the gold answers.", "date": "2026-09-02"}
    return lv.record_event(entry, event=event, **{**given, **settings})


def problems(entry: Entry) -> str:
    assert entry.state == "rejected"
    return " ".join(entry.problems)


def test_an_event_is_written_beside_the_entry(two: tuple[Path, Path]) -> None:
    before = {path.name: path.read_bytes() for path in two[0].iterdir()}
    path = record(two[0], "superseded", by=NEW, why="Another\nindex:  'ö' – 5 %.")
    assert path == two[0].parent / "2026-08-31.history.yaml"
    assert path.read_text(encoding="utf-8") == (
        "- event: superseded\n"
        "  date: '2026-09-02'\n"
        f"  who: {WHO}\n"
        "  why: 'Another index: ''ö'' – 5 %.'\n"
        f"  by: {NEW}\n"
    )
    assert {path.name: path.read_bytes() for path in two[0].iterdir()} == before


def test_events_are_added_and_never_changed(two: tuple[Path, Path]) -> None:
    path = record(two[0], "disputed")
    first = path.read_bytes()
    record(two[0], "answered", why="It had not.", date="2026-09-03")
    assert path.read_bytes().startswith(first)
    path.write_text("# Kept by hand.\n" + path.read_text() + "  # Good.\n\n", "utf-8")
    by_hand = path.read_text()
    record(two[0], "settled", why="Agreed.", date="2026-09-03")
    assert path.read_text().startswith(by_hand)
    assert [one["event"] for one in yaml.safe_load(path.read_text())] == [
        *("disputed", "answered", "settled")
    ]


def test_without_a_date_it_is_today(two: tuple[Path, Path]) -> None:
    path = record(two[0], "withdrawn", date=None)
    assert yaml.safe_load(path.read_text())[0]["date"] == datetime.now(UTC).date().isoformat()


@pytest.mark.parametrize("event", ["withdrawn", "superseded"])
def test_an_entry_that_does_not_count_is_shown_without_ranks(
    event: str, two: tuple[Path, Path], verified: Verified
) -> None:
    record(two[0], event, by=NEW if event == "superseded" else None)
    board = verified()
    entry = board[OLD]
    assert (entry.state, entry.standing, entry.value("v")) == ("rescored", event, 100)
    assert entry.unranked is not None
    assert "The index had the gold answers." in entry.unranked
    assert "2026-09-02" in entry.unranked
    assert entry.history == (
        {
            "event": event,
            "date": "2026-09-02",
            "who": WHO,
            "why": "The index had the gold answers.",
            "by": NEW if event == "superseded" else None,
        },
    )
    assert board[NEW].standing == "current"
    assert board[NEW].history == ()
    assert [row[1] for row in summary_rows(board)] == ["rescored", event]
    assert f"{OLD}: {event} on 2026-09-02 by {WHO}: The index had the gold answers." in (
        remarks(board)
    )


def test_the_report_says_that_an_entry_that_does_not_count_has_no_rank(
    two: tuple[Path, Path], verified: Verified
) -> None:
    record(two[0], "withdrawn")
    before, after = verification_report(verified()).split(f"### `{OLD}`: ")
    assert "\nRanked on the test split. Badge: rescored.\n" in before
    assert after.startswith("accepted, withdrawn\n")
    assert "\nNot ranked. `It was withdrawn on 2026-09-02 by ada@example.org: The index" in after
    assert "- withdrawn on `2026-09-02`, says `ada@example.org`: The index had the gold" in after
    assert "Ranked on" not in after


def test_a_disputed_entry_is_marked_until_the_dispute_is_settled(
    two: tuple[Path, Path], verified: Verified
) -> None:
    record(two[0], "disputed")
    assert (verified()[OLD].standing, verified()[OLD].unranked) == ("disputed", None)
    record(two[0], "answered", why="It had not.")
    entry = verified()[OLD]
    assert entry.standing == "disputed"
    assert [(one["event"], one["why"]) for one in entry.history] == [
        ("disputed", "The index had the gold answers."),
        ("answered", "It had not."),
    ]
    record(two[0], "settled", why="Agreed.")
    assert verified()[OLD].standing == "current"
    record(two[0], "disputed", why="But it had.")
    record(two[0], "withdrawn", why="True.")
    assert verified()[OLD].standing == "withdrawn"


@pytest.mark.parametrize(
    ("event", "settings", "problem"),
    [
        ("answered", {}, "nothing can be answered, as the entry is not disputed"),
        ("settled", {}, "nothing can be settled, as the entry is not disputed"),
        ("superseded", {}, "`by` names the entry that supersedes it"),
        ("withdrawn", {"by": NEW}, "belongs to no other event"),
        ("superseded", {"by": OLD}, "the entry can't supersede itself"),
        ("superseded", {"by": "newer__tiny-1/2026-09-01"}, "is not an entry"),
        ("superseded", {"by": ""}, "is not an entry"),
        ("superseded", {"by": NEW, "date": "2026-08-31"}, "is dated later than 2026-08-31"),
        ("disputed", {"date": "2026-08-30"}, "is before 2026-08-31, the date of the entry"),
        ("disputed", {"date": "2999-01-01"}, "`date` is in the future: 2999-01-01"),
        ("disputed", {"date": "20260901"}, "`date` must be a date such as 2026-08-31"),
        ("disputed", {"date": "2026-02-30"}, "`date` must be a date such as 2026-08-31"),
        ("disputed", {"why": " "}, "`why` has no letter or digit"),
        ("disputed", {"who": ""}, "`who` has no letter or digit"),
        ("disputed", {"why": "x" * 2001}, "`why` has more than 2,000 characters"),
        ("disputed", {"why": "a<script>alert(1)</script>"}, "has markup (<s…)"),
        ("disputed", {"why": "![x](https://example.org/x.png)"}, "has markup (](…)"),
        ("disputed", {"who": "a\u202eb"}, "characters that can't be seen: U+202E"),
        ("retracted", {}, "`event` must be one of withdrawn, superseded"),
    ],
)
def test_what_can_t_have_happened_is_refused(
    event: str, settings: dict[str, Any], problem: str, two: tuple[Path, Path]
) -> None:
    with pytest.raises(InputError) as caught:
        record(two[0], event, **settings)
    assert problem in caught.value.message
    assert not list(two[0].parent.glob("*.yaml"))


def test_dates_must_not_go_backwards(two: tuple[Path, Path], verified: Verified) -> None:
    record(two[0], "disputed", date="2026-09-05")
    with pytest.raises(InputError, match="before 2026-09-05, the date of the event before it"):
        record(two[0], "answered", date="2026-09-04")
    write(two[0], {"event": "disputed", "date": "2026-09-05"}, {"event": "answered"})
    assert problems(verified()[OLD]) == (
        "2026-08-31.history.yaml: event 2 (answered): its date 2026-09-02 is before 2026-09-05, "
        "the date of the event before it."
    )


def test_an_entry_is_withdrawn_or_superseded_once(two: tuple[Path, Path]) -> None:
    record(two[0], "superseded", by=str(two[1]))
    for event, by in (("withdrawn", None), ("superseded", NEW)):
        with pytest.raises(InputError, match="was already withdrawn or superseded"):
            record(two[0], event, by=by)


def test_entries_must_not_supersede_each_other(
    two: tuple[Path, Path], verified: Verified, submitted: Submit
) -> None:
    record(two[0], "superseded", by=NEW)
    with pytest.raises(InputError, match=r"is itself superseded by it in the end"):
        record(two[1], "superseded", by=OLD)
    third = submitted(system="third", day=date(2026, 9, 1))
    write(two[1], {"event": "superseded", "by": f"{third.parent.name}/{third.name}"})
    write(third, {"event": "superseded", "by": OLD})
    board = verified()
    for entry in board:
        assert "in the end" in problems(entry)


@pytest.mark.parametrize("fault", ["rejected", "withdrawn"])
def test_a_successor_that_does_not_count_is_noted(
    fault: str, two: tuple[Path, Path], verified: Verified
) -> None:
    old, new = two
    record(old, "superseded", by=NEW)
    assert not any("Was superseded" in note for note in verified()[OLD].notes)
    if fault == "rejected":
        (new / "run.json").unlink()
    else:
        record(new, "withdrawn")
    which = "is rejected" if fault == "rejected" else "was withdrawn"
    entry = verified()[OLD]
    expected = f"Was superseded by {NEW}, which {which}, so that neither has a rank."
    assert expected in entry.notes
    assert ("flagged", expected) in [(one.state, one.text) for one in entry.checks]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not of type 'array'"),
        ("[]", "history.yaml"),
        ("- event: deleted\n  date: '2026-09-02'\n  who: a\n  why: b\n", "deleted"),
        ("- &a {event: disputed, date: '2026-09-02', who: a, why: b}\n- *a\n", "anchors"),
        ("- !!python/object:os.system {}\n", "can't be read as plain YAML"),
        ("- event: disputed\n  event: settled\n", "appears twice"),
        ("- {event: disputed, date: '2026-09-02', who: a, why: b, score: 5}\n", "score"),
        ("- {event: disputed, date: 2026-09-02, who: a, why: 5}\n", "why"),
        ("- {event: disputed, date: never, who: a, why: b}\n", "never is not a date"),
        ("- {event: disputed, date: 2026-09-02, who: a, why: '<b>b'}\n", "has markup"),
        ("[" * 100_000, "nested more than"),
    ],
)
def test_a_history_that_can_t_be_used_rejects_its_entry_alone(
    text: str, problem: str, two: tuple[Path, Path], verified: Verified
) -> None:
    """A corrupted file must not bring a withdrawn entry back."""
    write(two[0], text=text)
    board = verified()
    assert problem in problems(board[OLD])
    assert "2026-08-31.history.yaml" in problems(board[OLD])
    (check,) = (one for one in board[OLD].checks if one.name == "history")
    assert check.state == "failed"
    assert board[NEW].state == "rescored"


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "large", "latin"])
def test_only_a_plain_file_is_read(kind: str, two: tuple[Path, Path], verified: Verified) -> None:
    path = write(two[0], {"event": "withdrawn"})
    secret = two[0].parent.parent.parent / "secret.yaml"
    path.rename(secret)
    if kind == "link":
        path.symlink_to(secret)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"#" * (1 << 20) if kind == "large" else b"- why: \xff\n")
    assert "2026-08-31.history.yaml" in problems(verified()[OLD])


@pytest.mark.parametrize("name", ["2026-08-30", "2026-13-40", "latest"])
def test_an_entry_must_not_vanish_from_beside_its_history(
    name: str, two: tuple[Path, Path], verified: Verified
) -> None:
    write(two[0].with_name(name), {"event": "disputed"})
    entry = verified()[f"old__tiny-1/{name}"]
    assert problems(entry).startswith(f"{name}.history.yaml: there is a history, but no folder")


def test_only_an_entry_has_a_history(two: tuple[Path, Path], tmp_path: Path) -> None:
    for place in (tmp_path, two[0].parent, two[0].with_name("2026-08-30"), two[0] / "run.json"):
        with pytest.raises(InputError, match="is not an entry of a board"):
            record(place, "withdrawn")


def test_a_flow_list_can_t_be_added_to(two: tuple[Path, Path]) -> None:
    event = "{event: disputed, date: 2026-09-02, who: a, why: b}"
    path = write(two[0], text=f"[{event}]\n")
    with pytest.raises(InputError, match="nothing can be added after its last line"):
        record(two[0], "answered")
    assert path.read_text() == f"[{event}]\n"


def test_a_key_is_not_published(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    with pytest.raises(InputError, match="has a") as caught:
        record(two[0], "disputed", why="Used sk-test-0123456789abcdef.")
    assert "0123456789" not in str(caught.value)


def test_the_command_records_an_event(two: tuple[Path, Path], cli: Cli) -> None:
    done = cli(
        *("leaderboard", "history", str(two[0]), "--event", "withdrawn"),
        *("--who", WHO, "--why", "Wrong model."),
    )
    assert done.returncode == 0
    assert "Wrote " in done.stdout
    again = cli(
        *("leaderboard", "history", str(two[0]), "--event", "withdrawn"),
        *("--who", WHO, "--why", "Wrong model."),
    )
    assert again.returncode == 2
    assert "already withdrawn" in again.stderr


def test_a_history_can_be_full(two: tuple[Path, Path], verified: Verified) -> None:
    """One that is can still be read; nothing is added that could not."""
    event = {"event": "disputed", "why": "x" * 10}
    path = write(two[0], *[event] * 199)
    record(two[0], "disputed")
    with pytest.raises(InputError, match="is full: it may have 200 events and 256 KiB"):
        record(two[0], "disputed")
    assert verified()[OLD].standing == "disputed"
    write(two[0], *[{**event, "why": "x" * 2000}] * 124)
    assert 250_000 < path.stat().st_size < 256 << 10
    with pytest.raises(InputError, match="is full"):
        for _ in range(9):
            record(two[0], "disputed", why="y" * 2000)
    assert verified()[OLD].standing == "disputed"


def test_the_command_names_the_file_as_the_folder_was_named(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two[0].parent.parent)
    path = record(Path(OLD), "disputed")
    assert path == Path("old__tiny-1/2026-08-31.history.yaml")
    monkeypatch.chdir(two[0])
    assert record(Path(), "answered") == two[0].parent / "2026-08-31.history.yaml"
