"""Finds the files of all-MiniLM-L6-v2 for the embedder `minilm`."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.errors import MissingResource

from ..metrics.encoding.finding import find_model
from ..metrics.encoding.specs import MINILM

__all__ = ["find_minilm"]


def find_minilm() -> Path:
    """Return the folder of all-MiniLM-L6-v2; see `find_model` for where it is looked for.

    Raises:
        MissingResource: it is not on this machine.
    """
    try:
        return find_model(MINILM, packaged=True)
    except MissingResource as error:
        remedy = error.remedy.replace("`l_models`", "$LOCOMO_VQA_L_MODELS")
        raise MissingResource(error.message, remedy) from None
