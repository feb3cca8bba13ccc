"""The self-test: each fault fails its own point and no other."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.evaluators.cli.check import adapter_traceback, check
from locomo_vqa.evaluators.hosting import InProcessHost, in_process
from locomo_vqa.evaluators.hosting.isolation import Failure
from locomo_vqa.evaluators.loading import LoadedSystem, load_system
from locomo_vqa.evaluators.selftest import CheckResult, api, check_system
from locomo_vqa.evaluators.selftest.memory import todays_words
from locomo_vqa.evaluators.selftest.script import FIXED_SCRIPT, random_script
from locomo_vqa.evaluators.systems.bm25 import BM25
from locomo_vqa.evaluators.systems.no_memory import NoMemory
from locomo_vqa.system import Services
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import wait_until_gone, write_system
from tests.evaluators.hosting.memory_server import MemoryServer, serving
from tests.evaluators.selftest import faults


def loaded(make: Any, **declared: Any) -> LoadedSystem:
    """Return a system that runs in this process."""
    given = {"uses_images": True, "needs_model": False, **declared}
    return LoadedSystem(
        name="own", version=None, prompt_sha256=None, host=in_process(make), **given
    )


def points(make: Any, quiet_s: float = 0.0, **declared: Any) -> dict[str, CheckResult]:
    """Return the points of a system in this process, by id."""
    checked = check_system(
        loaded(make, **declared), Services(), quiet_s=quiet_s, script=FIXED_SCRIPT
    )
    return {point.id: point for point in checked.results}


def states(found: dict[str, CheckResult]) -> dict[str, str]:
    """Return the points that did not pass."""
    return {id: point.state for id, point in found.items() if point.state != "pass"}


FAILS = {
    faults.WillNotOpen: ("opens", "open(): RuntimeError: no licence"),
    faults.TakesShortTexts: ("sessions", "AssertionError: a text is too long"),
    faults.Forgets: ("facts", "“What is the name of Tobin's parrot?” was answered: I do not know"),
    faults.LooksAtTheClock: ("dates", "today's date"),
    faults.LooksAtTheClockWhenReading: ("dates", "today's date"),
    faults.NoImages: (
        "images",
        "images=pixels, visual=given: add(): AssertionError: no pic",
    ),
    faults.ShrinksImages: ("images", "changed: images/"),
    faults.WritesOn: ("flush", "written after flush() had returned: background.txt"),
    faults.ComesLate: ("flush", "found a moment later: zebulon, glassblower, ratatouille"),
    faults.TidiesUp: ("flush", "missing a moment later: zebulon, glassblower, ratatouille"),
    faults.WritesQuestionsDown: ("read-only", "“quoxel” appeared only in a question"),
    faults.AnswersOnce: ("read-only", "was asked twice, and answered once"),
    faults.SharedMemory: ("isolation", "one conversation knows “varnelli”"),
    faults.SharedFile: ("isolation", "one conversation knows “varnelli”"),
    faults.WritesBeside: ("isolation", "written outside the workdir: work/awkward.db"),
    faults.OneAtATime: ("isolation", "can't be opened while the first is: open(): OSError"),
    faults.WillNotClose: ("close", "close(): RuntimeError: the pool is busy"),
    faults.AnswersNothing: ("answers", "answered with NoneType, not with text"),
    faults.OpensEveryImage: ("visual", "images=caption, visual=given: answer_visual()"),
}
MAY_SKIP = {"opens", "answers"}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAILS, ids=lambda fault: fault.__name__)
def test_a_fault_fails_its_own_point_and_no_other(fault: Any) -> None:
    id, words = FAILS[fault]
    found = points(fault, quiet_s=0.5 if fault is faults.WritesOn else 0.0)
    assert found[id].state == "fail"
    assert words in found[id].detail
    assert found[id].remedy
    others = {state for other, state in states(found).items() if other != id}
    assert others <= ({"skipped"} if id in MAY_SKIP else {"warn", "skipped"})
    if id not in MAY_SKIP:
        assert len(states(found)) <= 2


@pytest.mark.slow
def test_two_seconds_late_is_too_late() -> None:
    system = loaded(faults.ReadsInTheBackground)
    found = {point.id: point for point in check_system(system, Services()).results}
    assert found["flush"].state == "fail"
    assert "missing when flush() returned, but found a moment later" in found["flush"].detail


def test_what_passes_everything() -> None:
    found = points(faults.Keeper)
    assert states(found) == {}
    assert len(found) == 14
    assert not any(point.remedy for point in found.values())


LEAKS = {
    faults.LeavesYesterdaysMemory: ("isolation", ".leaky/check-fixed-"),
    faults.HidesYesterdaysMemory: ("second-run", "with the same name knows “zebulon”"),
    faults.ReadsOnce: ("second-run", "does not know “marenko”, “beekeeper”, “goulash”"),
}


@pytest.mark.parametrize("fault", LEAKS, ids=lambda fault: fault.__name__)
def test_a_memory_that_outlives_a_run_fails(
    fault: Any, users_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(users_home))
    faults.ReadsOnce.known.clear()
    id, words = LEAKS[fault]
    found = points(fault)
    assert found[id].state == "fail"
    assert words in found[id].detail
    assert set(states(found)) <= {"isolation", "second-run"}


def test_words_and_names_are_new_each_time() -> None:
    """Knowing the facts of another test doesn't help."""
    deaf = loaded(faults.KnowsTheTestByHeart)
    fixed = check_system(deaf, Services(), quiet_s=0, script=FIXED_SCRIPT)
    assert {p.id: p.state for p in fixed.results}["facts"] == "pass"
    drawn = check_system(deaf, Services(), quiet_s=0)
    assert {p.id: p.state for p in drawn.results}["facts"] == "fail"
    one, other = random_script(), random_script()
    assert one.name != other.name
    assert not set(one.marks) & set(other.marks)


def test_a_servers_log_at_home_is_a_warning(users_home: Path) -> None:
    class Logged(faults.Keeper):
        def add(self, turns: Any) -> None:
            super().add(turns)
            with (users_home / "server.log").open("a") as stream:
                stream.write("\n".join(self.told))

    found = points(Logged)
    assert states(found) == {"isolation": "warn"}
    assert str(users_home / "server.log") in found["isolation"].detail


WARNS = {
    faults.SeesNothing: ("visual", "a green square was called: purple"),
    faults.ForgetsImages: ("visual", "visual=recalled: a green square was called: yellow"),
    faults.CountsWrongly: ("answers", "usage has no usable count"),
    faults.LogsQuestions: ("read-only", "asking changed files in the workdir: log.txt"),
}


@pytest.mark.parametrize("fault", WARNS, ids=lambda fault: fault.__name__)
def test_what_is_worth_a_look_is_no_failure(fault: Any) -> None:
    id, words = WARNS[fault]
    found = points(fault)
    assert states(found) == {id: "warn"}
    assert words in found[id].detail


def test_declared_attributes_decide() -> None:
    """Who declares that no model answers may forget, and who declares no images may not see."""
    assert states(points(faults.SeesNothing, uses_images=False)) == {}
    forgetful = points(faults.Forgets, uses_model=False)
    assert states(forgetful) == {"facts": "warn", "second-run": "skipped"}
    assert forgetful["facts"].detail == "0 of 3, and it declares that no model answers"


def test_the_bundled_systems_without_a_model() -> None:
    assert states(points(BM25, uses_images=False, uses_model=False)) == {}
    forgets = {"facts": "warn", "dates": "skipped", "second-run": "skipped"}
    assert states(points(NoMemory, any_model=True)) == forgets


def test_a_system_that_only_retrieves_needs_no_model() -> None:
    assert states(points(faults.OnlyFinds, only_retrieves=True)) == {}


def test_what_the_conversations_show() -> None:
    """Under none no image is there, under captions no file, under pixels no caption."""
    seen: dict[tuple[str, str], list[Any]] = {}

    class Notes(faults.Keeper):
        def open(self, conversation: Any, workdir: Path, services: Any) -> None:
            super().open(conversation, workdir, services)
            self.seen = seen.setdefault((conversation.images, conversation.visual), [])

        def add(self, turns: Any) -> None:
            self.seen += [image for turn in turns for image in turn.images]

        def answer_visual(self, question: str, *, image: Any, now: Any) -> str:
            self.seen.append(image)
            return question

    points(Notes)
    assert seen["none", "given"] == [None]
    captions = [image.caption for image in seen["caption", "given"]]
    square = "a {} square on a white wall"
    names = ("red", "blue", "green")
    kite = "a kite in the sky"
    assert captions == [*map(square.format, names), kite, square.format("green")]
    assert all(image.path is None for image in seen["caption", "given"])
    assert [bool(i.path) and i.caption is None for i in seen["pixels", "given"]] == [True] * 4
    assert seen["pixels", "recalled"][3:] == [None]


def test_a_system_that_ends_while_it_is_asked() -> None:
    """It fails the check of answers; close() is not reported, because it could not be called."""

    class Gone(InProcessHost):
        gone: Failure | None = None

        def answer(self, question: str, *, now: Any) -> Any:
            self.gone = Failure(state="timeout", reason="too slow", unreachable=False, ended=True)
            return self.gone

        def close(self) -> Failure | None:
            return self.gone or super().close()

    system = replace(
        loaded(faults.Keeper), host=lambda limits, log, sandbox, home: Gone(faults.Keeper)
    )
    checked = check_system(system, Services(), quiet_s=0)
    found = states({point.id: point for point in checked.results})
    assert {id for id, state in found.items() if state == "fail"} == {"answers"}
    assert set(found) == {"answers", "facts", "dates", "read-only", "isolation", "second-run"}


def test_the_words_of_the_clock() -> None:
    assert todays_words(date(2027, 1, 1)) == [
        "2027",
        *("1 january", "january 1", "01-01"),
        "2026",
        *("31 december", "december 31", "12-31"),
    ]
    assert todays_words(date(2027, 5, 12)) == ["2027"]  # the days of the conversation


@pytest.mark.slow
def test_a_system_behind_an_address() -> None:
    with serving(MemoryServer()) as server:
        checked = check_system(load_system(server.url), Services(), quiet_s=0)
    found = {point.id: point for point in checked.results}
    assert {id for id, state in states(found).items() if state == "fail"} == {"facts"}
    assert found["close"].detail == "processes can't be watched where it runs"
    assert server.open == {}


LEAVES = """
import os
import subprocess

class Own(Echo):
    def open(self, conversation, workdir, services):
        super().open(conversation, workdir, services)
        print("to the standard output")
        if conversation.id.endswith("-1"):
            self.child = subprocess.Popen(["sleep", "600"])
        if conversation.id.endswith("-3"):
            open(os.path.join(os.path.dirname(__file__), "leftover.txt"), "w").close()

    def answer(self, question, *, now):
        return " ".join(turn.text for turn in self.turns) + " 2021"
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_command_on_a_system_in_processes(cli: Cli, tmp_path: Path) -> None:
    spec = write_system(tmp_path, "leaves", LEAVES)
    done = cli("check", spec, "--json", HOSTED_BY=str(tmp_path))
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    found = {point["id"]: point for point in told["results"]}
    assert {id: point["state"] for id, point in found.items() if point["state"] != "pass"} == {
        "close": "fail",
        "isolation": "warn",
        "visual": "warn",
    }
    assert "sleep 600" in found["close"]["detail"]
    assert "leftover.txt" in found["isolation"]["detail"]
    assert told["states"] == {"pass": 11, "warn": 2, "fail": 1, "skipped": 0}
    assert {row["call"]: row["number"] for row in told["calls"]}["answer_visual"] == 4
    assert wait_until_gone(str(tmp_path)) == []


LEAKY = """
import json
from pathlib import Path

class Own(Echo):
    def open(self, conversation, workdir, services):
        super().open(conversation, workdir, services)
        self.store = Path.home() / ".leaky" / (conversation.id + ".json")
        self.told = json.loads(self.store.read_text()) if self.store.exists() else []

    def add(self, turns):
        self.told += [turn.text for turn in turns]
        self.store.parent.mkdir(exist_ok=True)
        self.store.write_text(json.dumps(self.told))

    def answer(self, question, *, now):
        return " ".join(self.told) + " 2021"
"""


@pytest.mark.slow
def test_a_store_at_home_fails_and_a_run_is_not_told_of_the_last_one(
    cli: Cli, tmp_path: Path, users_home: Path
) -> None:
    spec = write_system(tmp_path, "leaky", LEAKY)
    done = cli("check", spec, "--json", HOME=str(users_home))
    found = {point["id"]: point for point in json.loads(done.stdout)["results"]}
    assert done.returncode == 1
    assert found["isolation"]["state"] == found["second-run"]["state"] == "fail"
    assert "~/.leaky/check-" in found["isolation"]["detail"]
    runs = [tmp_path / "run-1", tmp_path / "run-2"]
    for run in runs:
        at = ("--benchmark", "sample", "--split", "validation", "--limit", "1")
        assert cli("run", spec, *at, "--out", str(run), HOME=str(users_home)).returncode == 0
    one, two = ((run / "predictions.jsonl").read_text() for run in runs)
    answers = [[json.loads(row)["prediction"] for row in text.splitlines()] for text in (one, two)]
    assert answers[0] == answers[1]  # With the last run's memory, each would be twice as long.
    assert list(users_home.iterdir()) == []


@pytest.mark.slow
def test_the_traceback_of_an_adapter_is_shown(cli: Cli, tmp_path: Path) -> None:
    text = """
class Own(Echo):
    def add(self, turns):
        self.find_the_fault()

    def find_the_fault(self):
        raise KeyError("store")
"""
    spec = write_system(tmp_path, "raises", text)
    done = cli("check", spec)
    assert done.returncode == 1
    assert "add(): KeyError: 'store'" in done.stdout
    assert "Traceback (most recent call last)" in done.stdout
    assert "in find_the_fault" in done.stdout


@pytest.mark.slow
def test_the_command_tells_every_point(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api, "load_system", lambda spec, **_: loaded(faults.Forgets))
    assert check.main(["any:Class"], standalone_mode=False) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("own\n✓ it loads and opens\n")
    assert "✗ it remembers three facts: “What is the name" in printed
    assert "    Keep what add() reads, with its speakers, and answer from it.\n" in printed
    assert printed.endswith("12 passed, 1 failed, 1 skipped\n")
    assert re.search(r"^ answer_visual +4 +\d+ ms +\d+ ms", printed, re.MULTILINE)


@pytest.mark.slow
def test_a_reason_to_skip_checks_is_printed_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is called right or wrong of a system that does not open."""
    monkeypatch.setattr(api, "load_system", lambda spec, **_: loaded(faults.WillNotOpen))
    assert check.main(["any:Class"], standalone_mode=False) == 1
    printed = capsys.readouterr().out
    assert printed.count("the system does not open") == 1
    head, listed = printed.split("– skipped: the system does not open\n")
    assert head.count("\n") == 3  # The name, the failed check, and what to do.
    titles = listed.split("\n\n")[0].splitlines()
    assert len(titles) == 13 and all(title.startswith("    ") for title in titles)
    assert printed.endswith("1 failed, 13 skipped\n")
    monkeypatch.setattr(api, "load_system", lambda spec, **_: loaded(faults.Forgets))
    check.main(["any:Class"], standalone_mode=False)
    assert "– a second run reads everything again, and knows nothing" in capsys.readouterr().out


@pytest.mark.slow
def test_a_wrong_use_is_a_sentence(cli: Cli) -> None:
    done = cli("check", "full-context")
    assert done.returncode == 2
    assert "but --model is missing" in done.stderr


BROKEN = """
class Own(Echo):
    def answer(self, question, *, now):
        return {"colour": "red"}["color"]
"""


@pytest.mark.slow
def test_the_command_shows_the_traceback_of_an_adapter(cli: Cli, tmp_path: Path) -> None:
    """Once, with the adapter's frames alone, though every question fails."""
    spec = write_system(tmp_path, "broken", BROKEN)
    done = cli("check", spec, HOSTED_BY=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.count("Traceback (most recent call last):") == 1
    assert 'return {"colour": "red"}["color"]' in done.stdout
    assert "KeyError: 'color'" in done.stdout
    assert "worker.py" not in done.stdout


def test_frames_that_are_not_the_adapters_are_left_out() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/lib/locomo_vqa/worker.py", line 1, in _reply\n    call()\n    ~~~~^^\n'
        '  File "/home/ada/mine.py", line 7, in answer\n    return 1 / 0\n'
        "ZeroDivisionError: division by zero\n"
    )
    assert adapter_traceback(text).splitlines() == [
        "Traceback (most recent call last):",
        '  File "/home/ada/mine.py", line 7, in answer',
        "    return 1 / 0",
        "ZeroDivisionError: division by zero",
    ]
