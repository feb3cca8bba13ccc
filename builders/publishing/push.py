"""Pushes a published folder to the Hugging Face Hub, as one commit or one pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.read import read_benchmark, read_manifest
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.hub_client import hub_client, quiet_unless_terminal
from locomo_vqa.hub_errors import hub_errors

from .folder import image_files_of
from .markdown import one_line

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["check_repository", "published_files", "push_dataset"]

_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_KIND: Literal["dataset"] = "dataset"


def check_repository(name: str) -> None:
    """Check that a name is valid for a data set on the Hub.

    Raises:
        InputError: it is not `org/name`.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is not the name of a data set on the Hub.", "Give ORG/NAME.")


def push_dataset(
    folder: Path,
    repo_id: str,
    *,
    pull_request: bool,
    token: str | None = None,
    endpoint: str | None = None,
) -> str:
    """Make the data set `org/name` equal to a published folder; return the commit's address.

    Only files that `publish_dataset` wrote are sent. Files in the data set's `data/` and `images/`
    that the folder does not have are removed; other files stay. The data set is created if it does
    not exist. After a failure, make the same call again: the Hub keeps what it already has.

    Args:
        folder: what `publish_dataset` returned.
        repo_id: `org/name`.
        pull_request: propose the commit, and return the pull request's address.
        token: None uses HF_TOKEN or the token of `hf auth login`.
        endpoint: the Hub's address; None uses HF_ENDPOINT or huggingface.co.

    Raises:
        InputError: the folder is not a published one, or `repo_id` is not valid.
        MissingResource: no token is set, or the Hub does not accept it.
        OutputError: the Hub can't be reached, refuses or fails, or has something else by that name.
    """
    check_repository(repo_id)
    benchmark = read_benchmark(folder)
    files = published_files(benchmark)
    title = f"{one_line(benchmark.name)}, revision {benchmark.revision[:12]}"
    with hub_errors(repo_id), quiet_unless_terminal():
        return _push(hub_client(token, endpoint), folder, files, repo_id, title, pull_request)


def _push(
    api: HfApi, folder: Path, files: Sequence[str], repo_id: str, title: str, pull_request: bool
) -> str:
    """Send everything in one commit: `upload_folder` would cut a large folder into several."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    user = api.whoami()["name"]
    _make_repository(api, repo_id)
    proposed = _open_pull_request(api, repo_id, user, title) if pull_request else None
    revision = f"refs/pr/{proposed}" if proposed else None
    head = api.dataset_info(repo_id, revision=revision).sha
    remote = api.list_repo_files(repo_id, repo_type=_KIND, revision=head)
    _check_content(repo_id, remote)
    stale = sorted(set(remote) - set(files))
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        CommitOperationDelete(name) for name in stale if name.startswith(("data/", "images/"))
    ]
    operations += [CommitOperationAdd(name, folder / name) for name in files]
    commit = api.create_commit(
        repo_id,
        operations,
        commit_message=title,
        repo_type=_KIND,
        revision=revision,
        create_pr=pull_request and not proposed,
        parent_commit=head,
    )
    if proposed:
        return f"{api.endpoint}/datasets/{repo_id}/discussions/{proposed}"
    return str(commit.pr_url or commit.commit_url)


def _make_repository(api: HfApi, repo_id: str) -> None:
    if api.repo_exists(repo_id, repo_type=_KIND):
        return
    for kind in ("model", "space"):
        if api.repo_exists(repo_id, repo_type=kind):
            raise OutputError(
                f"{repo_id}: is a {kind} on the Hub, not a data set.", "Choose another name."
            )
    api.create_repo(repo_id, repo_type=_KIND, exist_ok=True)


def _open_pull_request(api: HfApi, repo_id: str, user: str, title: str) -> int | None:
    """Return the number of the user's own open pull request for this revision, if there is one."""
    found = api.get_repo_discussions(
        repo_id,
        author=user,
        discussion_type="pull_request",
        discussion_status="open",
        repo_type=_KIND,
    )
    return next((item.num for item in found if item.title == title), None)


def _check_content(repo_id: str, remote: Sequence[str]) -> None:
    others = [name for name in remote if name not in (".gitattributes", "README.md")]
    if others and "benchmark.json" not in remote:
        raise OutputError(
            f"{repo_id}: contains a data set without a benchmark.json.",
            "Choose another name, or empty that data set first.",
        )


def published_files(benchmark: Benchmark) -> list[str]:
    """Return the files that `publish_dataset` wrote, in order and relative to the folder.

    Raises:
        InputError: one is missing, or is a link.
    """
    folder = benchmark.folder
    names = ["README.md", "benchmark.json", "eval.yaml", *read_manifest(folder)["files"]]
    names += [str(path.relative_to(folder)) for path in folder.glob("data/*/*.parquet")]
    names += [f"images/{name}" for name in image_files_of(benchmark).values()]
    for name in names:
        path = folder / name
        if not path.is_file() or path.is_symlink() or path.parent.is_symlink():
            raise InputError(
                f"{path}: is not a file of a published data set.",
                "Publish the benchmark again with `locomo-vqa build publish`.",
            )
    return sorted(names)
