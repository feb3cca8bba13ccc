"""The command `data publish`."""

from __future__ import annotations

from pathlib import Path

import click

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.cli_support import echo, json_option, print_json
from locomo_vqa.errors import InputError

from ..publishing import PublishFacts
from ..publishing import publish as publish_folder

__all__ = ["publish", "publish_and_push"]


@click.command()
@click.argument("benchmark")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The data-set folder to make."
)
@click.option("--push", "repository", metavar="ORG/NAME", help="Put it on the Hugging Face Hub.")
@click.option("--pull-request", is_flag=True, help="With --push: propose it instead.")
@json_option
def publish(
    benchmark: str, out: Path, repository: str | None, pull_request: bool, as_json: bool
) -> None:
    """Publish BENCHMARK (`sample`, a benchmark folder) as a Hugging Face data set.

    The folder is a benchmark folder, too. A data set that --push makes on the Hub is public unless
    the organisation has another default. When pushing failed, give the command again: a folder of
    the same revision is pushed as it is.

    \b
    Example:
      locomo-vqa data publish locomo-vqa --out published
      locomo-vqa data publish locomo-vqa --out published --push org/locomo-vqa --pull-request
    """
    if pull_request and not repository:
        raise click.UsageError("--pull-request needs --push ORG/NAME.")
    loaded = load_benchmark(benchmark)
    facts = PublishFacts(repository=repository)
    url = publish_and_push(loaded, out, facts, pull_request=pull_request)
    if as_json:
        print_json({"folder": str(out), "revision": loaded.revision, "url": url})
        return
    echo(f"Wrote {out}, revision {loaded.revision[:12]}")
    if url:
        echo(f"On the Hub: {url}")


def publish_and_push(
    benchmark: Benchmark, out: Path, facts: PublishFacts, *, pull_request: bool = False
) -> str | None:
    """Publish, push where the facts name a repository, and return the address on the Hub.

    With a repository, a folder that holds this revision already is pushed as it is.
    """
    if facts.repository is None:
        publish_folder(benchmark, out, facts)
        return None
    from ..publishing.push import push

    if not _is_published(out, benchmark):
        publish_folder(benchmark, out, facts)
    return push(out, facts.repository, pull_request=pull_request)


def _is_published(out: Path, benchmark: Benchmark) -> bool:
    try:
        return load_benchmark(out).revision == benchmark.revision and (out / "eval.yaml").is_file()
    except InputError:
        return False
