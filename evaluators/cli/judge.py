"""The command `judge-check`, and the options of `score` about judges."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.cli_support import echo, json_option, print_json
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_json
from locomo_vqa.progress import progress_bars

from ..judging.rubrics import RUBRICS, Rubric
from ..judging.scoring import JudgeOptions
from ..judging.tables import show_check

__all__ = ["judge_check", "judge_options", "open_judging"]

Command = Callable[..., Any]

DEFAULT_N = 25
"""Cases of each kind that `judge-check` makes."""

_rubric_option = click.option(
    "--rubric",
    type=click.Choice(RUBRICS),
    default="lenient",
    show_default=True,
    help="How an answer is compared with the gold answer; lenient is the paper's way.",
)
_responses_option = click.option(
    "--responses",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file that keeps the judge's replies, so that none is asked for twice.  "
    "[default: in the user's cache folder]",
)
_timeout_option = click.option(
    "--judge-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    help="Seconds that one call of the judge may take.",
)


def judge_options(command: Command) -> Command:
    """Add the options of a command that asks judges."""
    options = [
        click.option(
            "--judge",
            multiple=True,
            help="The model whose verdicts are J; a second one is compared with it.",
        ),
        _rubric_option,
        click.option(
            "--judge-check",
            multiple=True,
            type=click.Path(path_type=Path, dir_okay=False),
            help="What `judge-check --out` wrote of the judge, instead of a small check here.",
        ),
        click.option(
            "--no-judge-check", is_flag=True, help="Don't check the judge; J is then marked."
        ),
        _responses_option,
        _timeout_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def open_judging(
    metrics: Sequence[str] | None,
    *,
    judge: Sequence[str],
    rubric: Rubric,
    judge_check: Sequence[Path],
    no_judge_check: bool,
    responses: Path | None,
    judge_timeout: float,
) -> Iterator[JudgeOptions | None]:
    """Yield what the options of `judge_options` say, with a progress bar; None without a judge.

    Args:
        metrics: the names of `--metrics`; None for all.

    Raises:
        InputError: the options contradict each other.
    """
    if not judge:
        if judge_check:
            raise InputError("--judge-check is given, and no --judge.", "Add --judge NAME.")
        yield None
        return
    if metrics is not None and "j" not in metrics:
        raise InputError(
            "--judge is given, but --metrics leaves J out.", "Add j to --metrics, or drop --judge."
        )
    if len(set(judge)) < len(judge):
        raise InputError("--judge names one model twice.", "Name two different models.")
    if judge_check and no_judge_check:
        raise InputError("--judge-check and --no-judge-check are both given.", "Drop one of them.")
    with progress_bars() as tick:
        chosen = JudgeOptions(
            judges=tuple(judge),
            rubric=rubric,
            responses=responses,
            checks=tuple(judge_check),
            timeout_s=judge_timeout,
            tick=tick,
        )
        yield chosen.without_check() if no_judge_check else chosen


@click.command("judge-check")
@click.option("--judge", required=True, help="The model to measure.")
@click.option("--benchmark", required=True, help="`sample`, a benchmark folder, or org/name.")
@_rubric_option
@click.option(
    "--n",
    type=click.IntRange(min=1),
    default=DEFAULT_N,
    show_default=True,
    help="Answers of each kind; of injections there is always one of every way.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file for the result, which `score --judge-check` reads.",
)
@_responses_option
@_timeout_option
@json_option
def judge_check(
    judge: str,
    benchmark: str,
    rubric: Rubric,
    n: int,
    out: Path | None,
    responses: Path | None,
    judge_timeout: float,
    as_json: bool,
) -> int:
    """Measure a judge on answers whose verdict is known by construction.

    Gold answers in other words, formats and orders must be accepted; other questions' gold
    answers, moved dates, vague talk and answers that give the judge orders must not. The exit
    status is 1 when the judge gave no verdict on some.

    \b
    Example:
      locomo-vqa judge-check --judge "openai:http://host/v1?model=NAME" --benchmark sample
    """
    questions = load_benchmark(benchmark)
    document = _check(judge, questions, rubric, n, responses, judge_timeout)
    if out is not None:
        write_json(out, document)
    if as_json:
        print_json(document)
    else:
        show_check(document)
        if out is not None:
            echo(f"Wrote {out}: give it to `locomo-vqa score --judge-check`")
    return 1 if any(kind["unscored"] for kind in document["kinds"]) else 0


def _check(
    judge: str,
    benchmark: Benchmark,
    rubric: Rubric,
    n: int,
    responses: Path | None,
    timeout_s: float,
) -> dict[str, Any]:
    from locomo_vqa.responses import ResponseStore

    from ..judging.check import check_judge
    from ..judging.session import open_session, response_path

    async def work(store: ResponseStore) -> dict[str, Any]:
        async with open_session(judge, rubric, store=store, timeout_s=timeout_s) as session:
            return await check_judge(session, benchmark, n=n, tick=tick)

    with ResponseStore(response_path(responses)) as store, progress_bars() as tick:
        return asyncio.run(work(store))
