"""The command `reproduce`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import click

from locomo_vqa.cli_support import PathType, json_option, print_json
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.runs import SplitChoice

from ..metrics.l_settings import Preset
from .run_options import retry_option, workers_option

__all__ = ["reproduce"]

_PATH = PathType()
_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Only show what would run, and what it costs."),
    click.option(
        "--out",
        type=_PATH,
        default=Path("reproduced"),
        show_default=True,
        help="Write all runs to this folder; tables share the runs that they have in common.",
    ),
    click.option(
        "--model",
        "models",
        multiple=True,
        envvar="LOCOMO_VQA_REPRODUCE_MODEL",
        metavar="NAME=MODEL",
        help="Use this model for the paper's, such as Gemma2-27B=openai:…; may be repeated.",
    ),
    click.option(
        "--models",
        "models_file",
        envvar="LOCOMO_VQA_REPRODUCE_MODELS",
        type=PathType(dir_okay=False),
        help="Read the models from the table [models] of this TOML file.",
    ),
    click.option(
        "--embedded",
        is_flag=True,
        help="Use embedded models for those that are not named, on the sample.",
    ),
    click.option(
        "--benchmark",
        help="Ask about this benchmark: `sample`, a folder, or org/name on the Hub.  [default: "
        "the folder locomo, and locomo-vqa for rows with images]",
    ),
    click.option(
        "--split",
        type=click.Choice(get_args(SplitChoice)),
        default="test",
        show_default=True,
        help="Ask the questions of this split.",
    ),
    click.option(
        "--only",
        multiple=True,
        metavar="ROW",
        help="Run only this row, by its number or its model; may be repeated.",
    ),
    click.option(
        "--judge",
        help="Compute J with this model's verdicts, or with `rules`.  [default: the model for "
        "GPT-OSS-120B]",
    ),
    click.option(
        "--rubric",
        default="lenient",
        show_default=True,
        help="Judge with the rubric `lenient` or `strict`, or the one in this file.",
    ),
    click.option(
        "--prompts", type=_PATH, help="Use the prompts in this folder instead of the toolkit's."
    ),
    click.option("--embedder", help="Use this embedding model.  [default: the paper's]"),
    click.option(
        "--l-preset",
        type=click.Choice(get_args(Preset)),
        help="Choose L's BERTScore encoder.  [default: paper; minilm with --embedded]",
    ),
    click.option(
        "--l-models",
        type=PathType(file_okay=False),
        metavar="DIRECTORY",
        help="Look for L's encoders in this folder.  [default: the Hugging Face cache]",
    ),
    click.option(
        "--limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="Ask only N questions of each conversation, for a trial.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(min=1, max=1000),
        default=1,
        show_default=True,
        help="Run this many conversations at once.",
    ),
    workers_option,
    click.option(
        "--timeout",
        type=click.FloatRange(min=0.1, max=86400),
        default=120.0,
        show_default=True,
        help="Limit one call to a model to this many seconds.",
    ),
    click.option(
        "--budget",
        type=click.FloatRange(min=0),
        metavar="DOLLARS",
        help="Stop in order before all calls, of runs, teachers and judges, cost more than this.",
    ),
    click.option(
        "--prices",
        type=PathType(dir_okay=False),
        help="Use these model prices, not the bundled table.",
    ),
    retry_option,
    json_option,
)


def _with_options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command()
@click.argument("table")
@_with_options
def reproduce(
    table: str,
    models: Sequence[str],
    models_file: Path | None,
    only: Sequence[str],
    as_json: bool,
    **settings: Any,
) -> int:
    """Run the rows of TABLE of the MemLoRA paper, and show its figures beside ours.

    TABLE is 1, 2, 3, 4, 5, A6, A7, E8 or E9. Rows whose models are not named stay blank. Repeat
    the command to continue after an interruption: finished runs, trained experts and a judge's
    replies are kept. The exit status is 1 if a row failed or lacks a figure.

    \b
    Example:
      locomo-vqa reproduce 2 --dry-run
      locomo-vqa reproduce 5 --embedded
      locomo-vqa reproduce 1 --models models.toml --judge rules --only Gemma2-2B
    """
    from ..reproducing import reproduce as reproduce_table
    from ..reproducing.choices import checked_models, read_models
    from .reproduce_tables import document_of, print_plan, print_reproduction

    listed = read_models(models_file, parameter="models_file") if models_file else {}
    chosen = {**listed, **checked_models(_read_named(models), parameter="models")}
    made = reproduce_table(table, models=chosen, only=list(only) or None, **settings)
    if as_json:
        print_json(document_of(made))
    elif made.dry_run:
        print_plan(made)
    else:
        print_reproduction(made)
    return 0 if made.is_whole else 1


def _read_named(named: Sequence[str]) -> dict[str, str]:
    models: dict[str, str] = {}
    for text in named:
        name, mark, model = text.partition("=")
        if not mark or not model:
            raise click.BadParameter(
                f"{hide_credentials(text)!r} must have the form NAME=MODEL.", param_hint="--model"
            )
        if name.lower() in map(str.lower, models):
            raise click.BadParameter(f"{name} is given twice.", param_hint="--model")
        models[name] = model
    return models
