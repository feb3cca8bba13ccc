"""Prints the result of each stage of a build."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.text import counted

if TYPE_CHECKING:
    from ..build_result import Build
    from ..images.losses import Losses
    from ..questions.rows import QualityChecks, QuestionRow
    from ..selection.choice import Selection, TypeResult

__all__ = ["print_losses", "print_stage"]

_TOP_HOSTS = 10
_TOP_REASONS = 12
_PREVIEWED = 10
"""How many generated questions are shown."""


def print_stage(stage: str, build: Build) -> None:
    """Print the result of a stage."""
    if stage == "ingest":
        echo(f"ingest: wrote {build.work / '1-ingested'}")
    elif stage == "images" and build.losses is not None:
        print_losses(build.losses, build.work / "2-with-images")
    elif stage == "split" and build.removed is not None:
        removed = counted(len(build.removed), "image")
        echo(f"split: {removed} of several splits removed; see removed.json")
    elif stage == "select" and build.selection is not None and build.plot is not None:
        _print_selection(build.selection, build.plot)
    elif stage == "publish":
        _print_published(build)
    elif stage in build.counts:
        _print_counts(stage, build)


def print_losses(losses: Losses, folder: Path, *, retry: str | None = None) -> None:
    """Print what happened to the images' URLs, and where and why most were lost.

    `folder` is the benchmark with the images, and `retry` a command that tries the lost ones again;
    None in a work folder.
    """
    states = ", ".join(f"{number:,} {state}" for state, number in losses.by_state.items())
    echo(f"images: {counted(losses.urls, 'URL')}: {states}")
    if losses.by_host:
        out = console()
        hosts = make_table("Host", "Lost as", numbers=["Lost", "URLs"], title="Most losses at")
        for row in losses.by_host[:_TOP_HOSTS]:
            parts = (f"{n} {state}" for state, n in row["by_state"].items() if state != "ok")
            hosts.add_row(row["host"], ", ".join(parts), f"{row['lost']:,}", f"{row['urls']:,}")
        out.print(hosts)
        reasons = make_table("State", "Why", numbers=["URLs"])
        for row in losses.reasons[:_TOP_REASONS]:
            reasons.add_row(row["state"], row["detail"], f"{row['urls']:,}")
        out.print(reasons)
    if losses.removed:
        number = len(losses.removed)
        verbs = ("occurs", "was") if number == 1 else ("occur", "were")
        echo(
            f"{counted(number, 'image')} {verbs[0]} in several splits and {verbs[1]} removed from "
            "all of them."
        )
    if losses.visual_questions_removed:
        lost = counted(losses.visual_questions_removed, "visual question")
        echo(f"{lost} left out, because the image is not available.")
    if gone := losses.by_state.get("placeholder"):
        pictures = "a picture" if gone == 1 else "pictures"
        echo(f"Warning: {counted(gone, 'URL')} gave {pictures} in place of what is gone; left out.")
    _print_retry(losses, folder, retry)


def _print_retry(losses: Losses, folder: Path, retry: str | None) -> None:
    from ..images.mirror_names import mirror_example

    for line in mirror_example(folder):
        echo(line)
    if losses.urls == losses.by_state.get("ok", 0):
        return
    if retry is not None:
        echo(f"To try the lost images again: {retry}")
    elif losses.by_state.get("not_fetched"):
        echo("Run the same command again to retry those that were not fetched.")
    else:
        echo("To try the lost images again, add --retry-lost to the same command.")


def _print_counts(stage: str, build: Build) -> None:
    counts = build.counts[stage]
    echo(f"{stage}: {counts}")
    if counts.failed:
        echo("Run the same command again to ask those questions again.")
    if objection := build.objections.get(stage):
        echo(f"Dropped, {objection.number:,} of {counts.dropped:,}: {objection.problem}")
        echo(f"  such as {objection.reply!r}")
        echo("Running the stage again retries the dropped questions.")
    if stage == "probe" and build.validator_errors:
        error, number = next(iter(build.validator_errors.items()))
        echo(f"The validator gave no answer to {counted(number, 'question')}: {error}")
    if stage == "generate" and build.questions is not None:
        _print_shares(build.questions)
        _print_preview(build.questions)


def _print_published(build: Build) -> None:
    from ..review.decisions import set_aside_sentence

    done, benchmark = build.published, build.benchmark
    assert done is not None and benchmark is not None
    if done.set_aside:
        echo(set_aside_sentence(done.set_aside, build.work / "review.jsonl"))
    number = len(benchmark.visual_questions)
    if done.left_out is not None:
        left_out = counted(done.left_out, "question")
        echo(f"Left out, because the verifier doesn't agree: {left_out}; the card says so.")
    echo(f"Wrote {build.out}: {number:,} visual questions, revision {benchmark.revision[:12]}")
    if done.url:
        echo(f"On the Hub: {done.url}")


def _print_selection(selection: Selection, plot: Path) -> None:
    """Print the error rates, hardest first, and how sure the choice is."""
    verified = any(result.agreed is not None for result in selection.results)
    agreed = ["Agreed", "Rate of these"] if verified else []
    columns = ["Errors", "of", "Rate", "95 % interval", *agreed, "Declined", "Lost", "Chosen"]
    table = make_table("Type", numbers=columns)
    for result in selection.results:
        unknown = result.error_rate is None or result.low is None or result.high is None
        table.add_row(
            result.type,
            f"{result.errors}",
            f"{result.n}",
            "–" if unknown else f"{result.error_rate:.0%}",
            "–" if unknown else f"{result.low:.0%} … {result.high:.0%}",
            *(_agreed_cells(result) if verified else ()),
            f"{result.declined}",
            f"{result.lost}",
            "yes" if result.selected else "",
        )
    console().print(table)
    echo(
        f"Chosen: {', '.join(selection.types)}; the same in {selection.stability:.0%} of "
        f"bootstrap samples of the images. Figure: {plot}"
    )
    for remark in selection.remarks:
        echo(remark)


def _agreed_cells(result: TypeResult) -> tuple[str, str]:
    agreed = result.agreed
    if agreed is None or agreed.error_rate is None:
        return "–", "–"
    return f"{agreed.n}", f"{agreed.error_rate:.0%}"


def _print_shares(rows: Sequence[QuestionRow]) -> None:
    """Print how answers are distributed, and what the quality checks found."""
    table = make_table(
        "Type",
        numbers=["Questions", "Answers", "Most frequent", "Share", "Self", "Blind", "Caption"],
    )
    from ..questions.quality import answer_shares, dominance_warnings

    shares = answer_shares(rows)
    for share in shares:
        quality = [row.quality for row in rows if row.type == share.type and row.state == "ok"]
        table.add_row(
            share.type,
            f"{share.n}",
            f"{share.distinct}",
            share.answer,
            f"{share.share:.0%}",
            _share_of_known([each.self_consistent for each in quality]),
            _share_of_known([each.guessable for each in quality]),
            _share_of_known([each.caption_answers for each in quality]),
        )
    console().print(table)
    echo(
        "Self: the generator, asked again, gives the same answer. Blind: it gives it without the "
        "image. Caption: it gives it with the caption alone."
    )
    _print_verified(rows)
    for warning in dominance_warnings(shares):
        echo(warning)


def _print_verified(rows: Sequence[QuestionRow]) -> None:
    """Print what the verifier found, by type; nothing if it was not asked."""
    checked: dict[str, list[QualityChecks]] = {}
    for row in rows:
        if row.state == "ok":
            checked.setdefault(row.type, []).append(row.quality)
    found = [each.agreed for quality in checked.values() for each in quality]
    if all(value is None for value in found):
        return
    table = make_table("Type", numbers=["Questions", "Again", "Premise", "Verdict", "Agreed"])
    for type, quality in checked.items():
        table.add_row(
            type,
            f"{len(quality)}",
            _share_of_known([each.answers_again for each in quality]),
            _share_of_known([each.premise_holds for each in quality]),
            _share_of_known([each.answer_holds for each in quality]),
            _share_of_known([each.agreed for each in quality]),
        )
    console().print(table)
    echo(
        "Again: the verifier, asked in other words, gives the answer. Premise: it says that what "
        "the question takes for granted is true. Verdict: it says that the answer is right. "
        f"Agreed: {found.count(True):,} of {counted(len(found), 'question')}, which --verified "
        "publishes alone."
    )


def _print_preview(rows: Sequence[QuestionRow]) -> None:
    """Print a few questions, spread over the conversations."""
    written = [row for row in rows if row.state == "ok"]
    number = min(_PREVIEWED, len(written))
    table = make_table("Image", "Type", "Question", "Answer", title="Some of the questions")
    for row in (written[place * len(written) // number] for place in range(number)):
        table.add_row(f"{row.conversation} {row.turn}", row.type, row.question, row.answer)
    if written:
        console().print(table)


def _share_of_known(values: Sequence[bool | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known) / len(known):.0%}" if known else "–"
