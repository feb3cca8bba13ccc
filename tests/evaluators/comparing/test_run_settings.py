"""Every setting in which two runs differ is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.evaluators.comparing.run_settings import differing_settings, settings_of


def run_info(**changes: Any) -> dict[str, Any]:
    return {
        "system": {"name": "mem0", "version": "1", "uses_images": False},
        "answerer": {"model": "embedded:small", "provider": "embedded", "temperature": 0},
        "options": ["update_k=8", "vision=openai:http://h/v1?model=a=b"],
        "limit": None,
        "top_k": None,
        **changes,
    }


def test_settings_are_the_recorded_ones_and_what_the_system_made_of_them(tmp_path: Path) -> None:
    work = tmp_path / "work" / "conv-1"
    work.mkdir(parents=True)
    made = {"prompts": "reduced", "update_k": 8, "vision": None}
    (work / "stages.json").write_text(json.dumps({"settings": made}))
    assert settings_of(run_info(), tmp_path) == {
        "system": "mem0 1",
        "model": "embedded:small",
        "temperature": "0",
        "prompts": "reduced",
        "update_k": "8",
        "vision": "openai:http://h/v1?model=a=b",
    }


def test_a_damaged_file_of_the_system_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "work" / "conv-1").mkdir(parents=True)
    (tmp_path / "work" / "conv-1" / "stages.json").write_text('{"settings": [1]}')
    assert settings_of(run_info(options=[]), tmp_path).keys() == {"system", "model", "temperature"}


def test_equal_settings_are_not_named() -> None:
    first = {"system": "mem0 1", "update_k": "8", "top_k": "10"}
    second = {"system": "memlora 1", "update_k": "8", "experts": "x" * 100}
    assert differing_settings(first, second) == {
        "system": ("mem0 1", "memlora 1"),
        "top_k": ("10", "not set"),
        "experts": ("not set", "x" * 60 + "…"),
    }


@pytest.mark.slow
def test_a_comparison_names_them(tmp_path: Path) -> None:
    runs = [
        lv.run(
            "bm25",
            benchmark="sample",
            split="validation",
            limit=limit,
            images="caption",
            out=tmp_path / f"limit-{limit}",
            progress=False,
        )
        for limit in (20, 30)
    ]
    found = lv.compare(*runs, metrics=["f1"])
    wanted = "limit-20 and limit-30 differ in their settings: limit: 20 / 30."
    assert wanted in found.notes
    copy = shutil.copytree(runs[0].folder, tmp_path / "copy")
    same = lv.compare(runs[0], copy, metrics=["f1"])
    assert not [note for note in same.notes if "differ in their settings" in note]
