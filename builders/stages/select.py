"""The stage `select`: the question types that the validator failed most often are chosen."""

from __future__ import annotations

from locomo_vqa.benchmark import QuestionType
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_jsonl, write_json

from ..selection.choice import MIN_QUESTIONS, select_types
from .base import Stage, StageContext

__all__ = ["SELECT"]


def _run(context: StageContext) -> None:
    from ..selection.plot import plot_error_rates

    recipe, folder = context.recipe, context.folder
    path = folder.need(folder.probe, "probe")
    errors: dict[QuestionType, dict[str, bool]] = {type: {} for type in recipe.probe_types}
    agreed: dict[QuestionType, dict[str, bool]] = {type: {} for type in recipe.probe_types}
    declined = dict.fromkeys(recipe.probe_types, 0)
    lost = dict.fromkeys(recipe.probe_types, 0)
    for _, row in read_jsonl(path, what="the file of the probe"):
        if row["correct"] is not None:
            errors[row["type"]][row["image"]] = not row["correct"]
            if row["quality"].get("agreed"):
                agreed[row["type"]][row["image"]] = not row["correct"]
        elif row["state"] == "declined":
            declined[row["type"]] += 1
        else:
            lost[row["type"]] += 1
    try:
        selection = select_types(
            errors,
            keep=recipe.keep,
            declined=declined,
            lost=lost,
            agreed=agreed if recipe.verify_checks else None,
            select_by=recipe.select_by,
            fewest=MIN_QUESTIONS if recipe.limit is None else 1,
        )
    except ValueError as error:
        raise InputError(
            f"{path}: {recipe.keep} question types can't be chosen: {error}.",
            "Probe more images, or keep fewer types: both are choices of the recipe.",
        ) from None
    write_json(folder.selection, selection.to_json())
    title = "Error rate of the validator by question type"
    for file in (folder.plot, folder.plot.with_suffix(".png")):
        plot_error_rates(selection.results, title, file)


SELECT = Stage(
    name="select",
    needs=("probe",),
    makes=("selection.json", "selection.svg", "selection.png"),
    choices=("keep", "select_by"),
    run=_run,
)
