"""Pushing: the real client against a server that keeps what it is sent."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from locomo_vqa.builders.publishing.push import push_dataset
from locomo_vqa.errors import InputError, MissingResource, OutputError
from tests.conftest import tree
from tests.push_server import NAME, TOKEN, Hub

pytestmark = pytest.mark.filterwarnings(  # of the client's own way to upload a file
    "ignore:Use 'content=<...>' to upload raw bytes/text content:DeprecationWarning"
)


def send(hub: Hub, folder: Path, *, pull_request: bool = False, token: str | None = TOKEN) -> str:
    return push_dataset(folder, NAME, pull_request=pull_request, token=token, endpoint=hub.url)


def received(hub: Hub, revision: str = "main") -> dict[str, bytes]:
    files = dict(hub.branches[revision])
    del files[".gitattributes"]
    return files


@pytest.mark.slow
def test_one_commit_holds_every_byte(hub: Hub, published: Path) -> None:
    url = send(hub, published)
    assert url == f"{hub.url}/datasets/{NAME}/commit/{hub.head('main')}"
    assert received(hub) == tree(published)
    assert [commit["revision"] for commit in hub.commits] == ["main"]
    assert hub.commits[0]["summary"] == "sample, revision 56667f8e64e8"
    assert send(hub, published) == url
    assert len(hub.commits) == 1


@pytest.mark.slow
def test_one_pull_request_leaves_main_as_it_was(hub: Hub, published: Path) -> None:
    hub.prepared(b"theirs")
    url = send(hub, published, pull_request=True)
    assert url == f"{hub.url}/datasets/{NAME}/discussions/1"
    assert hub.branches["main"] == {".gitattributes": b"theirs"}
    assert received(hub, "refs/pr/1") == tree(published)
    assert send(hub, published, pull_request=True) == url
    assert len(hub.commits) == 1


@pytest.mark.slow
def test_only_what_was_published_is_sent_and_stale_files_go(
    hub: Hub, published: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    (folder / ".env").write_text("secret")
    (folder / "images" / "mine.png").write_bytes(b"private")
    (folder / "data" / "notes.txt").write_text("private")
    hub.prepared(b"theirs")
    stale = ("data/visual/train-00001-of-00002.parquet", "images/old.png")
    hub.branches["main"] |= dict.fromkeys((*stale, "LICENSE", "benchmark.json"), b"old")
    send(hub, folder)
    assert received(hub) == {**tree(published), "LICENSE": b"old"}


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/commit/", "/preupload/", "/lfs/objects/batch", "PUT"])
def test_a_failing_hub_is_told_and_then_continued(hub: Hub, published: Path, path: str) -> None:
    if path == "PUT":
        path = f"PUT /lfs/{sorted((published / 'images').iterdir())[0].stem}"
    hub.faults = [(path, 500)] * 6  # the first try, and the client's own five
    with pytest.raises(OutputError, match=r"status 500 .*Run the command again"):
        send(hub, published)
    assert hub.commits == []
    hub.faults.clear()
    sent = set(hub.lfs)
    hub.requests.clear()
    send(hub, published)
    assert received(hub) == tree(published)
    assert len(hub.commits) == 1
    again = {line.removeprefix("PUT /lfs/") for line in hub.requests if line.startswith("PUT")}
    assert not again & sent


@pytest.mark.slow
@pytest.mark.parametrize("pull_request", [False, True])
@pytest.mark.parametrize("act", ["drop", "drop_after"])
def test_a_dropped_connection_gives_one_commit(
    hub: Hub, published: Path, act: str, pull_request: bool
) -> None:
    hub.faults = [("/commit/", act)]  # type: ignore[list-item]
    with pytest.raises(OutputError, match="connection broke"):
        send(hub, published, pull_request=pull_request)
    send(hub, published, pull_request=pull_request)
    assert len(hub.commits) == 1
    assert received(hub, "refs/pr/1" if pull_request else "main") == tree(published)


@pytest.mark.slow
def test_a_dropped_upload_is_repeated_by_itself(hub: Hub, published: Path) -> None:
    hub.faults = [("PUT /lfs/", "drop")]
    send(hub, published)
    assert received(hub) == tree(published)


@pytest.mark.slow
def test_a_token_that_is_missing_or_wrong(
    hub: Hub, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(MissingResource, match=r"No token for .*hf auth login"):
        send(hub, published, token=None)
    assert hub.requests == []
    with pytest.raises(MissingResource, match="does not accept the token"):
        send(hub, published, token="hf_wrong")
    assert hub.branches == {}


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/api/repos/create", "/preupload/", "/commit/"])
def test_no_right_to_write(hub: Hub, published: Path, path: str) -> None:
    hub.faults = [(path, 403)]
    with pytest.raises(OutputError, match=r"org/name: the token has no write access .*made to"):
        send(hub, published)
    assert hub.commits == []


@pytest.mark.slow
def test_a_hub_that_is_not_there(hub: Hub, published: Path) -> None:
    with pytest.raises(OutputError, match="can't be reached"):
        push_dataset(
            published, NAME, pull_request=False, token=TOKEN, endpoint="http://127.0.0.1:9"
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["model", "space"])
def test_a_name_of_another_kind(hub: Hub, published: Path, kind: str) -> None:
    hub.kinds[NAME] = kind
    with pytest.raises(OutputError, match=f"is a {kind} on the Hub"):
        send(hub, published)
    assert hub.branches == {}


@pytest.mark.slow
def test_another_data_set_is_not_written_over(hub: Hub, published: Path) -> None:
    hub.prepared(b"")
    hub.branches["main"]["data/train.parquet"] = b"theirs"
    with pytest.raises(OutputError, match="contains a data set without a benchmark"):
        send(hub, published)
    assert hub.commits == []


@pytest.mark.slow
def test_a_commit_in_between_is_noticed(hub: Hub, published: Path) -> None:
    hub.faults = [("/commit/", 412)]
    with pytest.raises(OutputError, match="changed it at the same time"):
        send(hub, published)


@pytest.mark.slow
def test_what_is_no_published_folder(hub: Hub, published: Path, tmp_path: Path) -> None:
    from locomo_vqa.benchmark.locate import SAMPLE_FOLDER

    with pytest.raises(InputError, match="is not a file of a published data set"):
        send(hub, SAMPLE_FOLDER)
    linked = tmp_path / "linked"
    shutil.copytree(published, linked)
    (linked / "README.md").unlink()
    (tmp_path / "secret").write_text("secret")
    (linked / "README.md").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match=r"README\.md: is not a file"):
        send(hub, linked)
    with pytest.raises(InputError, match="is not the name of a data set"):
        push_dataset(published, "name", pull_request=False, token=TOKEN, endpoint=hub.url)
    assert hub.requests == []
