"""Writes a recipe as a TOML file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from locomo_vqa.benchmark import SPLITS
from locomo_vqa.files import clean_text
from locomo_vqa.locomo.splits import PAPER_COUNTS
from locomo_vqa.models.names import hide_credentials

__all__ = ["recipe_toml"]

_TOML = """\
schema_version = 1
name = {name}

[source]
locomo = {locomo}

[models]
generator = {generator}
validator = {validator}{verifier}

[images]
phash_distance = {phash_distance}  # bits of 64 in which the hashes of similar images may differ

[probe]
split = {probe_split}
images = {probe_images}  # the paper says "a subset"
types = {probe_types}

[select]
keep = {keep}

[generate]
attempts = {attempts}  # for one question; the paper does not say what happened to bad replies

[quality]
check = {check_quality}  # beyond the paper: columns that never remove a question
"""

_VERIFY_TOML = """
[verify]
checks = {checks}  # beyond the paper: what the verifier is asked about every question
needed = {needed}  # how many of these a question must pass to be agreed
select_by = {select_by}  # the paper chooses by all questions
publish = {publish}
"""

_SHARED_TOML = """shared = {shared}  # the paper removes the few images in several splits
"""

_TRIAL_TOML = """
[trial]
images = {limit}  # at most; the others are left out
"""


def recipe_toml(recipe: Mapping[str, Any]) -> str:
    """Return a recipe, given by its fields, as a TOML file without credentials."""
    return _TOML.format(
        name=_toml_string(recipe["name"]),
        locomo=_toml_string(recipe["locomo"]),
        generator=_toml_string(hide_credentials(recipe["generator"])),
        validator=_toml_string(hide_credentials(recipe["validator"])),
        verifier=_verifier_line(recipe),
        phash_distance=recipe["phash_distance"],
        probe_split=_toml_string(recipe["probe_split"]),
        probe_images=recipe["probe_images"],
        probe_types=_toml_list(recipe["probe_types"]),
        keep=recipe["keep"],
        attempts=recipe["attempts"],
        check_quality="true" if recipe["check_quality"] else "false",
    ) + "".join(_further_tables(recipe))


def _verifier_line(recipe: Mapping[str, Any]) -> str:
    if recipe["verifier"] is None:
        return ""
    return f"\nverifier = {_toml_string(hide_credentials(recipe['verifier']))}"


def _further_tables(recipe: Mapping[str, Any]) -> list[str]:
    """Return the tables that not every recipe has."""
    tables = [_split_table(recipe)]
    if recipe["verify_checks"] or recipe["verified"] or recipe["select_by"] != "all":
        tables.append(
            _VERIFY_TOML.format(
                checks=_toml_list(recipe["verify_checks"]),
                needed=recipe["verify_needed"],
                select_by=_toml_string(recipe["select_by"]),
                publish=_toml_string("agreed" if recipe["verified"] else "all"),
            )
        )
    if recipe["limit"] is not None:
        tables.append(_TRIAL_TOML.format(limit=recipe["limit"]))
    return tables


def _split_table(recipe: Mapping[str, Any]) -> str:
    """Return the table `split`, if the recipe's split differs from the paper's."""
    named = {split: recipe[f"split_{split}"] for split in SPLITS}
    lines = []
    if any(named.values()):
        lines += [f"{split} = {_toml_list(names)}\n" for split, names in named.items()]
    elif tuple(recipe["split_counts"]) != PAPER_COUNTS:
        counts = ", ".join(map(str, recipe["split_counts"]))
        lines.append(f"counts = [{counts}]  # of train, validation and test, in file order\n")
    if recipe["shared_images"] != "remove-everywhere":
        lines.append(_SHARED_TOML.format(shared=_toml_string(recipe["shared_images"])))
    return "".join(["\n[split]\n", *lines]) if lines else ""


def _toml_string(text: str) -> str:
    """Return a text as a TOML string; JSON's strings differ in only one character."""
    return json.dumps(clean_text(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_list(items: Sequence[str]) -> str:
    return "[" + ", ".join(map(_toml_string, items)) + "]"
