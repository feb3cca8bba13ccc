"""The board of an earlier day has the bytes that it had on that day."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.leaderboard import unchanged
from locomo_vqa.leaderboard.history import days, record
from tests.conftest import Cli

Submit = Callable[..., Path]
Built = Callable[..., dict[str, bytes]]
FIRST = date(2026, 8, 31)


class Clock:
    """A clock that a test sets."""

    now = FIRST


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the day that boards and histories are made on."""
    clock = Clock()
    monkeypatch.setattr(days, "today", lambda: clock.now)
    for user in (record, unchanged):
        monkeypatch.setattr(user, "today", lambda: clock.now)
    return clock


@pytest.fixture
def built(submissions: Path, benchmark: Benchmark, tmp_path: Path) -> Built:
    """Verifies and builds; returns the bytes of every file of the board and of the site."""

    def build(as_of: date | None = None) -> dict[str, bytes]:
        lv.verify(submissions, benchmark=benchmark, judge="rules", as_of=as_of, progress=False)
        site = lv.build_site(submissions, out=tmp_path / "site", as_of=as_of, benchmark=benchmark)
        files = {p.relative_to(site).as_posix(): p for p in site.rglob("*") if p.is_file()}
        found = {name: path.read_bytes() for name, path in files.items()}
        for name in ("board.json", "scores.parquet"):
            found[f"submissions/{name}"] = (submissions / name).read_bytes()
        shutil.rmtree(site)
        return found

    return build


@pytest.mark.slow
def test_later_entries_and_events_change_nothing(
    submitted: Submit, built: Built, clock: Clock
) -> None:
    one = submitted(system="one", day=FIRST)
    submitted(system="two", day=FIRST, answers={"conv-1/t/0": "a red kite"})
    at_first = built()

    clock.now = FIRST + timedelta(days=2)
    three = submitted(system="three", day=clock.now)
    lv.record_event(one, event="disputed", who="ada", why="It is wrong.")
    at_second = built()
    assert at_second != at_first

    clock.now = FIRST + timedelta(days=9)
    submitted(system="one", day=clock.now, answers={"conv-1/t/0": None})
    lv.record_event(one, event="answered", who="bo", why="It is right.")
    lv.record_event(
        three, event="superseded", who="bo", why="Newer.", by=f"{one.parent.name}/{clock.now}"
    )
    at_last = built()
    assert at_last != at_second

    assert built(FIRST) == built(FIRST + timedelta(days=1)) == at_first
    assert built(FIRST + timedelta(days=2)) == built(FIRST + timedelta(days=8)) == at_second
    clock.now += timedelta(days=100)
    assert built() == built(FIRST + timedelta(days=9)) == at_last


def test_what_is_dated_later_is_left_out_and_said(
    submitted: Submit, submissions: Path, benchmark: Benchmark, clock: Clock, cli: Cli
) -> None:
    one = submitted(system="one", day=FIRST)
    later = submitted(system="two", day=FIRST)
    later.rename(later.with_name("2026-09-02"))
    (one.parent / "2026-08-31.history.yaml").write_text(
        "- {event: disputed, date: 2026-09-01, who: ada, why: It is wrong.}\n"
    )
    board = lv.verify(submissions, benchmark=benchmark, progress=False)
    assert [(entry.name, entry.standing) for entry in board] == [
        ("one__tiny-1/2026-08-31", "current")
    ]
    assert board.left_out == (
        "1 submission dated after 2026-08-31 is left out until then: two__tiny-1/2026-09-02.",
        "Events after 2026-08-31 don't count until then: one__tiny-1/2026-08-31.",
    )
    call = ("leaderboard", "verify", str(submissions), "--benchmark", str(benchmark.folder))
    done = cli(*call)
    assert done.returncode == 1
    assert "is left out until then" in " ".join((done.stdout + done.stderr).split())
    assert cli(*call, "--as-of", "2026-08-31").returncode == 0
    clock.now = FIRST + timedelta(days=2)
    board = lv.verify(submissions, benchmark=benchmark, progress=False)
    assert [entry.standing for entry in board] == ["disputed", "current"]
    assert board.left_out == ()


def test_a_site_of_another_day_is_not_built_by_mistake(
    submitted: Submit, submissions: Path, benchmark: Benchmark, tmp_path: Path
) -> None:
    one = submitted(system="one", day=FIRST)
    submitted(system="two", day=FIRST + timedelta(days=1))
    board = lv.verify(submissions, benchmark=benchmark, as_of=FIRST, progress=False)
    for as_of in (None, "2026-09-01"):
        with pytest.raises(InputError, match=r"or is not the board of .*two__tiny-1/2026-09-01"):
            lv.build_site(submissions, out=tmp_path / "site", as_of=as_of)
    lv.build_site(submissions, out=tmp_path / "a", as_of="2026-08-31")
    lv.build_site(board, out=tmp_path / "b")
    lv.record_event(one, event="disputed", who="ada", why="It is wrong.", date="2026-08-31")
    with pytest.raises(InputError, match=r"one__tiny-1/2026-08-31"):
        lv.build_site(board, out=tmp_path / "c")


def test_a_day_is_a_date_in_the_past(submissions: Path, submitted: Submit, cli: Cli) -> None:
    submitted()
    call = ("leaderboard", "verify", str(submissions), "--benchmark", "sample")
    for day, problem in (("tomorrow", "must be a date"), ("2999-01-01", "is in the future")):
        done = cli(*call, "--as-of", day)
        assert done.returncode == 2
        assert "--as-of" in (done.stdout + done.stderr)
        assert problem in (done.stdout + done.stderr)
    done = cli(*call, "--as-of", "2020-01-01")
    assert "has no submission up to 2020-01-01" in " ".join((done.stdout + done.stderr).split())
