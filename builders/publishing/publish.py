"""Publishes a benchmark, and pushes it to the Hub if asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.errors import InputError

from .facts import PublishFacts
from .folder import is_published, publish_dataset
from .push import check_repository, push_dataset

__all__ = ["PublishedDataset", "publish_and_push", "publish_benchmark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDataset:
    """A published folder."""

    folder: Path
    revision: str
    """See `Benchmark.revision`."""
    url: str | None
    """The address of the commit or pull request on the Hub."""


def publish_benchmark(
    source: str | Path | Benchmark,
    *,
    out: str | Path,
    push: str | None = None,
    pull_request: bool = False,
) -> PublishedDataset:
    """Publish a benchmark as a data set whose card says only what the benchmark itself records.

    Args:
        source: a benchmark, its folder, or `sample`.
        out: the folder to make.
        push: `org/name`, to also push the data set to the Hugging Face Hub.
        pull_request: whether to push as a pull request.

    Raises:
        InputError: the benchmark can't be published, or an argument is not allowed.
        OutputError: `out` exists with other content, or the Hub refuses or fails.
        MissingResource: no token for the Hub is set, or it is not accepted.
    """
    if pull_request and push is None:
        raise InputError("`pull_request` needs `push`.", "Name the data set on the Hub: ORG/NAME.")
    if push is not None:
        check_repository(push)
    benchmark = load_benchmark(source)
    folder = Path(out)
    facts = PublishFacts(repository=push)
    url = publish_and_push(benchmark, folder, facts, pull_request=pull_request)
    return PublishedDataset(folder=folder, revision=benchmark.revision, url=url)


def publish_and_push(
    benchmark: Benchmark, out: Path, facts: PublishFacts, *, pull_request: bool = False
) -> str | None:
    """Publish, push if the facts name a repository, and return the address on the Hub.

    With a repository, a folder that already has this revision is pushed unchanged.
    """
    if facts.repository is None:
        publish_dataset(benchmark, out, facts)
        return None
    if not is_published(out, benchmark):
        publish_dataset(benchmark, out, facts)
    return push_dataset(out, facts.repository, pull_request=pull_request)
