"""L, J and V as modules for Hugging Face's `evaluate`, each a folder that is loaded by its path.

    import evaluate
    from locomo_vqa.evaluators.hf_metrics import path

    evaluate.load(path("locomo_v")).compute(predictions=["Red"], references=["red"])

folders.py   where the folders are
inputs.py    predictions and gold answers, checked
values.py    what the modules compute
base.py      what their classes share; only this file imports `evaluate`
"""

from .folders import MODULES, path

__all__ = ["MODULES", "path"]
