"""The names of the Python API: those that are meant, all importable, none imported too early."""

from __future__ import annotations

import subprocess
import sys

import pytest

import locomo_vqa as lv

CALLS = {
    "ablate",
    "ablate_stages",
    "build",
    "build_site",
    "check",
    "compare",
    "distill",
    "distill_memlora",
    "efficiency",
    "estimate_build",
    "estimate_run",
    "frontier",
    "import_locomo",
    "install",
    "judge_check",
    "load_benchmark",
    "record_event",
    "reproduce",
    "run",
    "score",
    "submit",
    "systems",
    "verify",
}
TYPES = {
    "Answer",
    "Benchmark",
    "Board",
    "Build",
    "BuildEstimate",
    "Comparison",
    "ConversationInfo",
    "Frontier",
    "Hit",
    "Image",
    "MemorySystem",
    "Prediction",
    "Repeats",
    "Reproduction",
    "Run",
    "RunEstimate",
    "ScoreReport",
    "Services",
    "Turn",
    "Usage",
}
ERRORS = {
    "BudgetReached",
    "InputError",
    "LocomoVqaError",
    "MissingResource",
    "OutputError",
    "SystemLoadError",
}


def test_the_exported_names_are_those_that_are_meant() -> None:
    assert set(lv.__all__) == CALLS | TYPES | ERRORS | {"__version__"}
    assert set(lv.__all__) <= set(dir(lv))


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_call_is_a_documented_function(name: str) -> None:
    function = getattr(lv, name)
    assert function.__name__ == name
    assert function.__doc__


@pytest.mark.parametrize("name", sorted(TYPES | ERRORS))
def test_every_type_is_a_documented_class(name: str) -> None:
    found = getattr(lv, name)
    assert isinstance(found, type)
    assert found.__doc__


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_one_error_covers_them_all(name: str) -> None:
    assert issubclass(getattr(lv, name), lv.LocomoVqaError)


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="load_benchmrak"):
        _ = lv.load_benchmrak


def test_importing_loads_nothing_but_the_table() -> None:
    code = "import sys, locomo_vqa; print(*(m for m in sys.modules if m.startswith('locomo_vqa')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == ["locomo_vqa", "locomo_vqa._version"]


def test_the_table_agrees_with_what_type_checkers_see() -> None:
    """Type checkers read the imports, the interpreter reads the table of strings."""
    import ast
    from pathlib import Path

    tree = ast.parse(Path(lv.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == lv._EXPORTS
