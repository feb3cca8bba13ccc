"""Submissions to a data set on the Hub: the real client against a stub of the Hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from locomo_vqa.errors import InputError, MissingResource, OutputError
from locomo_vqa.leaderboard.submission.hub_destination import _remote_id
from locomo_vqa.leaderboard.submission.submit import submit
from tests.push_server import NAME, TOKEN, Act, Hub, local_hub

MakeRun = Callable[..., Path]
DAY = date(2026, 8, 31)
TO = f"hf://datasets/{NAME}"
ENTRY = "submissions/echo__tiny-1/2026-08-31"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(  # of the client's own way to upload a file
        "ignore:Use 'content=<...>' to upload raw bytes/text content:DeprecationWarning"
    ),
]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A stub of the Hub that has the data set, and a right token for it."""
    with local_hub(monkeypatch) as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
        monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", hub.url)
        monkeypatch.setattr("huggingface_hub.get_token", lambda: TOKEN)
        hub.prepared(b"theirs")
        yield hub


def test_a_pull_request_has_every_byte(make_run: MakeRun, hub: Hub, tmp_path: Path) -> None:
    run = make_run()
    written = Path(submit(run, to=tmp_path / "folder", date=DAY))
    sent = submit(run, to=TO, date=DAY)
    url = f"{hub.url}/datasets/{NAME}/discussions/1"
    assert (sent.place, sent.url, sent.is_new, sent.folder) == (url, url, True, None)
    assert hub.branches["main"] == {".gitattributes": b"theirs"}
    assert hub.branches["refs/pr/1"] == {
        ".gitattributes": b"theirs",
        **{f"{ENTRY}/{path.name}": path.read_bytes() for path in written.iterdir()},
    }
    assert [commit["summary"] for commit in hub.commits] == ["Submit echo__tiny-1/2026-08-31"]


def test_an_open_pull_request_is_found_again(make_run: MakeRun, hub: Hub) -> None:
    run = make_run()
    first = submit(run, to=TO, date=DAY)
    for again in (submit(run, to=TO, date=DAY), submit(run, to=TO)):
        assert (again.url, again.is_new) == (first.url, False)
    assert len(hub.commits) == 1
    assert submit(make_run(system="other"), to=TO, date=DAY).is_new
    assert len(hub.commits) == 2


def test_a_merged_submission_is_found(make_run: MakeRun, hub: Hub) -> None:
    run = make_run()
    submit(run, to=TO, date=DAY)
    hub.branches["main"] = hub.branches["refs/pr/1"]
    again = submit(run, to=TO, date=DAY)
    assert (again.place, again.url, again.is_new) == (TO, None, False)


@pytest.mark.parametrize("merged", [False, True])
def test_another_submission_of_the_same_name_is_never_replaced(
    make_run: MakeRun, hub: Hub, merged: bool
) -> None:
    submit(make_run(), to=TO, date=DAY)
    if merged:
        hub.branches["main"] = hub.branches["refs/pr/1"]
    other = make_run(answers={"conv-1/t/0": "a red kite"})
    with pytest.raises(OutputError, match=r"another submission with this name .* nothing was sent"):
        submit(other, to=TO, date=DAY)
    assert len(hub.commits) == 1
    assert submit(other, to=TO, date=date(2026, 9, 1)).is_new


@pytest.mark.parametrize(("act", "new"), [("drop", None), ("drop_after", False)])
def test_a_lost_answer_gives_one_pull_request(
    make_run: MakeRun, hub: Hub, act: Act, new: bool | None
) -> None:
    run = make_run()
    hub.faults = [("/commit/", act)]
    if new is None:
        with pytest.raises(OutputError, match="connection broke"):
            submit(run, to=TO, date=DAY)
    else:
        assert submit(run, to=TO, date=DAY).is_new is new
    submit(run, to=TO, date=DAY)
    assert len(hub.commits) == 1


def test_what_must_stay_private_is_found_before_anything_is_asked(
    make_run: MakeRun, hub: Hub
) -> None:
    with pytest.raises(InputError, match="should stay private"):
        submit(make_run(answers={"conv-1/t/0": "http://gpu7/"}), to=TO, date=DAY)
    assert hub.requests == []


def test_a_token_is_needed_and_never_shown(
    make_run: MakeRun, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(MissingResource, match="No token"):
        submit(make_run(), to=TO, date=DAY)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "hf_wrongwrong1")
    with pytest.raises(MissingResource, match="does not accept the token") as caught:
        submit(make_run(), to=TO, date=DAY)
    assert "wrongwrong" not in str(caught.value)
    assert hub.commits == []


def test_a_token_without_rights(make_run: MakeRun, hub: Hub) -> None:
    hub.faults = [("/commit/", 403)]
    with pytest.raises(OutputError, match="no write access") as caught:
        submit(make_run(), to=TO, date=DAY)
    assert caught.value.remedy == "Use a token that may open pull requests there."


@pytest.mark.parametrize(
    "address",
    [
        *("hf://org/name", "hf://datasets/name", "hf://models/org/name", "hf://datasets/a/b/c"),
        *("hf://datasets/../x", "hf://datasets/org/na me", "hf://datasets/org/name@main"),
    ],
)
def test_other_addresses_of_the_hub_are_refused(make_run: MakeRun, address: str) -> None:
    with pytest.raises(InputError, match="is not the address of a data set"):
        submit(make_run(), to=address)


def test_a_large_file_is_known_by_its_sha256() -> None:
    large = SimpleNamespace(blob_id="git", lfs=SimpleNamespace(sha256="sha256"))
    assert _remote_id(large) == "sha256"
    assert _remote_id(SimpleNamespace(blob_id="git", lfs=None)) == "git"
