"""What the ablation that a run belongs to says of its system, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json
from locomo_vqa.runs import visual_handling
from locomo_vqa.schemas import validate

__all__ = ["certificate_sentence"]

_ABLATION = "ablation.json"


def certificate_sentence(info: Mapping[str, Any], folder: Path) -> str | None:
    """Return the pixel certificate of a run's way of asking; None if its ablation made none.

    Args:
        info: the content of run.json.
        folder: the run's folder, which is in that of its ablation.
    """
    path = folder.absolute().parent / _ABLATION
    if not path.is_file():
        return None
    try:
        document = read_json(path, what="the ablation")
        validate(document, "ablation", path=path, remedy="")
    except InputError:
        return None
    answers = info["files"].get("predictions.jsonl")
    if answers not in {mode["predictions_sha256"] for mode in document["modes"]}:
        return None
    for found in document.get("certificates", ()):
        if found["visual_handling"] == visual_handling(info):
            return f"{found['reading']} {found['scope']}"
    return None
