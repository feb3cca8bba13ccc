"""What mkdocs needs beside its configuration: the four trees as the one package they become."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
WINGS = ("builders", "evaluators", "leaderboard")


def on_config(config: Any) -> Any:
    """Copy the package's modules as an installation lays them out, for mkdocstrings to read."""
    copied = Path(tempfile.mkdtemp(prefix="locomo-vqa-docs-"))
    no_data = shutil.ignore_patterns("__pycache__", "data", "*.onnx", "*.safetensors", "*.png")
    shutil.copytree(ROOT / "locomo_vqa", copied / "locomo_vqa", ignore=no_data)
    for wing in WINGS:
        shutil.copytree(ROOT / wing, copied / "locomo_vqa" / wing, ignore=no_data)
    handlers = config.plugins["mkdocstrings"].config.handlers
    handlers["python"]["paths"] = [str(copied)]
    config.extra["copied"] = str(copied)
    return config


def on_post_build(config: Any) -> None:
    """Remove the copy."""
    shutil.rmtree(config.extra["copied"], ignore_errors=True)
