"""Prints the judges' verdicts, their agreement, and how often a judge errs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.files import some
from locomo_vqa.text import counted

__all__ = ["print_check", "print_judging", "print_reasons"]

_MOST_REASONS = 3


def print_judging(judging: Mapping[str, Any]) -> None:
    """Print what a reader of J should know about the judges."""
    for judge in judging["judges"]:
        _print_judge(judge)
    for pair in judging["agreement"]:
        _print_agreement(pair)


def _print_judge(judge: Mapping[str, Any]) -> None:
    counts, value = judge["counts"], judge["overall"]["value"]
    j = "incomplete" if value is None else f"{value:.1f}"
    echo(
        f"judge {judge['name']}: J {j}{_corrected(judge)}; {counts['correct']:,} correct, "
        f"{counts['wrong']:,} wrong, {counts['unscored']:,} unscored, "
        f"{counts['not_answered']:,} without an answer (wrong)"
    )
    unscored = judge["unscored"]
    if counts["unscored"]:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in unscored["reasons"].items())
        more = counts["unscored"] - len(unscored["questions"])
        names = some(unscored["questions"], most=len(unscored["questions"]))
        echo(f"  unscored ({reasons}): {names}{f' and {more:,} more' if more else ''}", style="red")
        for error in unscored["errors"]:
            echo(f"  {error}", style="red")
    if counts["cut"]:
        were = "was" if counts["cut"] == 1 else "were"
        echo(
            f"  {counted(counts['cut'], 'answer')} {were} too long, and {were} judged by the "
            "beginning only"
        )
    if judge["check"] is None:
        echo("  The judge was not checked, so its error rate is unknown.")
    else:
        _print_rates(judge["check"])
    requests = judge["requests"]
    echo(
        f"  {_describe_tokens(judge['tokens'])}; {counted(requests['asked'], 'request')} made, "
        f"{requests['stored']:,} answered from the store"
    )
    if renewed := requests.get("renewed"):
        echo(f"  {counted(renewed, 'request')} repeated, because the last reply was unusable")


def _corrected(judge: Mapping[str, Any]) -> str:
    """Return the mark of a J that has no rank, and J corrected by its judge's errors."""
    corrected = judge.get("corrected")
    if not corrected or not corrected["lenient"]:
        return ""
    if corrected["value"] is None:
        return " *"
    span = corrected["interval"]
    ends = f" [{span['low']:.1f} … {span['high']:.1f}]" if span else ""
    return f" *, corrected {corrected['value']:.1f}{ends}"


def _print_rates(check: Mapping[str, Any]) -> None:
    accept, reject = check["false_accept"], check["false_reject"]
    echo(
        f"  checked on {counted(check['cases']['number'], 'answer')}: "
        f"accepts {_rate_text(accept)} of wrong ones and rejects {_rate_text(reject)} of right ones"
    )
    kinds = [kind for kind in check["kinds"] if kind["errors"] or kind["unscored"]]
    for kind in kinds:
        side = "accepted" if kind["expected"] == "wrong" else "rejected"
        echo(f"    {kind['kind']}: {side} {_rate_text(kind)}")


def _print_agreement(pair: Mapping[str, Any]) -> None:
    first, second = pair["judges"]
    kappa = "not defined" if pair["kappa"] is None else f"{pair['kappa']:.3f}"
    interval = pair["interval"]
    if interval is not None:
        kappa += f" [{interval['low']:.3f} … {interval['high']:.3f}]"
    echo(
        f"{first} and {second} agree on {pair['agree']:,} of {counted(pair['n'], 'answer')}; "
        f"Cohen's kappa {kappa}; the disagreements are in scores.json"
    )


def print_check(document: Mapping[str, Any]) -> None:
    """Print how often a judge errs, by kind of answer."""
    echo(document["judge"]["signature"], style="bold")
    table = make_table(
        "Answers", "right verdict", numbers=["n", "misjudged", "rate", "95 % interval", "unscored"]
    )
    for kind in document["kinds"]:
        table.add_row(kind["kind"], kind["expected"], *_rate_cells(kind))
    table.add_section()
    table.add_row("false accepts", "wrong", *_rate_cells(document["false_accept"]))
    table.add_row("false rejects", "correct", *_rate_cells(document["false_reject"]))
    console().print(table)
    ways = [row["way"] for row in document["misjudged"] if row["way"] and row["reason"] is None]
    if ways:
        echo(f"Injections it followed: {some(ways, most=len(ways))}")
    echo(_describe_tokens(document["tokens"]))
    unscored = [row for row in document["misjudged"] if row["reason"]]
    if unscored:
        print_reasons(list(dict.fromkeys(row["error"] or row["reason"] for row in unscored)))


def print_reasons(reasons: Sequence[str]) -> None:
    """Print why answers have no verdict, a reason a line; some are whole sentences."""
    shown, more = reasons[:_MOST_REASONS], len(reasons) - _MOST_REASONS
    echo(f"Without a verdict: {shown[0]}", style="red")
    for reason in shown[1:]:
        echo(f"  {reason}", style="red")
    if more > 0:
        echo(f"  and {counted(more, 'other reason')}", style="red")


def _rate_cells(rate: Mapping[str, Any]) -> tuple[str, ...]:
    value, span = rate["value"], rate["interval"] or rate["bounds"]
    return (
        f"{rate['n']:,}",
        f"{rate['errors']:,}",
        "–" if value is None else f"{100 * value:.1f} %",
        "–" if span is None else f"{100 * span['low']:.1f} … {100 * span['high']:.1f}",
        f"{rate['unscored']:,}",
    )


def _rate_text(rate: Mapping[str, Any]) -> str:
    if rate["value"] is None:
        if rate["bounds"] is None:
            return "an unknown share (no cases to check)"
        return f"{100 * rate['bounds']['low']:.1f} to {100 * rate['bounds']['high']:.1f} %"
    low, high = rate["interval"]["low"], rate["interval"]["high"]
    return f"{100 * rate['value']:.1f} % [{100 * low:.1f} … {100 * high:.1f}]"


def _describe_tokens(usage: Mapping[str, Any]) -> str:
    if usage["input_tokens"] is None and usage["output_tokens"] is None:
        return "tokens: not counted by the backend"
    sent, received = usage["input_tokens"] or 0, usage["output_tokens"] or 0
    return f"tokens: {sent:,} in, {received:,} out"
