"""The command `data images`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from locomo_vqa.cli_support import console, json_option, make_table, print_json
from locomo_vqa.images import MAX_PIXELS, PIXELS_CEILING
from locomo_vqa.progress import progress_display

from ..images.duplicates import PHASH_DISTANCE

__all__ = ["images"]

_TOP_HOSTS = 10
_TOP_REASONS = 12


@click.command()
@click.argument("benchmark")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The benchmark folder to make."
)
@click.option(
    "--mirror",
    type=click.Path(path_type=Path),
    help="Take pictures from this folder, and none from the network.",
)
@click.option(
    "--allow-private",
    is_flag=True,
    help="Open private addresses and any port too: for servers of your own.",
)
@click.option(
    "--per-host",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="Downloads from one host at a time.",
)
@click.option(
    "--in-flight",
    type=click.IntRange(1, 1000),
    default=32,
    show_default=True,
    help="Downloads at a time in all.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=60,
    show_default=True,
    help="Seconds that one download may take.",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(1),
    default=20 << 20,
    show_default=True,
    help="The most bytes of a picture.",
)
@click.option(
    "--max-pixels",
    type=click.IntRange(1, PIXELS_CEILING),
    default=MAX_PIXELS,
    show_default=True,
    help="The most pixels of a picture.",
)
@click.option(
    "--look-distance",
    type=click.IntRange(0, 32),
    default=PHASH_DISTANCE,
    show_default=True,
    help="Pictures of several splits look alike when so many of 64 bits of their hashes differ.",
)
@json_option
def images(
    benchmark: str,
    out: Path,
    mirror: Path | None,
    look_distance: int,
    as_json: bool,
    **bounds: Any,
) -> int:
    """Copy the folder BENCHMARK with its pictures, and tell which are lost and why.

    Give the same command again after an interruption: what was finished is not fetched again. To
    try later what failed, run the command on the new folder. Pictures that occur in several
    splits are removed from all of them; losses.json lists them. Exit status 1: some URLs are
    worth another try.

    \b
    Example:
      locomo-vqa data images locomo --out locomo-pictures
      locomo-vqa data images locomo --out locomo-pictures --mirror saved
    """
    from ..images.addresses import Addresses
    from ..images.fetching import Settings
    from ..images.stage import fill_pictures

    addresses = Addresses(allow_private=bounds.pop("allow_private"))
    settings = Settings(addresses=addresses, **bounds)
    with progress_display() as display:
        task = display.add_task("pictures", total=None)
        done = fill_pictures(
            benchmark,
            out,
            settings=settings,
            mirror=mirror,
            look_distance=look_distance,
            progress=lambda done, total: display.update(task, completed=done, total=total),
        )
    _tell(done.losses.to_json(), out, done.revision, as_json)
    return 1 if done.losses.by_state.get("not_fetched") else 0


def _tell(losses: dict[str, Any], folder: Path, revision: str, as_json: bool) -> None:
    if as_json:
        print_json({"folder": str(folder), "revision": revision, **losses})
        return
    _print_tables(losses)
    if losses["removed"]:
        number = len(losses["removed"])
        click.echo(f"{number:,} pictures occur in several splits and were removed from all.")
    if losses["visual_questions_removed"]:
        click.echo(f"{losses['visual_questions_removed']:,} visual questions lost their picture.")
    click.echo(f"Wrote {folder}, revision {revision[:12]}; details: losses.json")


def _print_tables(losses: dict[str, Any]) -> None:
    out = console()
    states = make_table("State", numbers=["URLs", "%"])
    for state, number in losses["by_state"].items():
        states.add_row(state, f"{number:,}", f"{100 * number / losses['urls']:.1f}")
    states.add_row("all", f"{losses['urls']:,}", "")
    out.print(states)
    if losses["by_host"]:
        hosts = make_table("Host", "Lost as", numbers=["Lost", "URLs"], title="Most was lost at")
        for row in losses["by_host"][:_TOP_HOSTS]:
            parts = (f"{n} {state}" for state, n in row["by_state"].items() if state != "ok")
            hosts.add_row(row["host"], ", ".join(parts), f"{row['lost']:,}", f"{row['urls']:,}")
        out.print(hosts)
        reasons = make_table("State", "Why", numbers=["URLs"])
        for row in losses["reasons"][:_TOP_REASONS]:
            reasons.add_row(row["state"], row["detail"], f"{row['urls']:,}")
        out.print(reasons)
