"""Public functions refuse arguments of a wrong kind, each in one sentence that names it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError

MISSING = "nothing-here"
CALLS: Mapping[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "ablate": (("no-memory",), {"benchmark": "sample"}),
    "ablate_stages": (
        ("sample",),
        {"student": "embedded:student", "experts": MISSING, "out": MISSING},
    ),
    "build": (("sample",), {"work": MISSING, "stages": ["publish"]}),
    "build_site": ((MISSING,), {"out": MISSING}),
    "check": (("no-memory",), {}),
    "compare": ((MISSING, f"{MISSING}-2"), {}),
    "distill": (("sample",), {"teacher": MISSING, "student": MISSING, "out": MISSING}),
    "distill_memlora": (
        ("sample",),
        {
            "student": "embedded:student",
            "teacher": "embedded:text-large",
            "out": MISSING,
            "only": "train",
        },
    ),
    "efficiency": ((MISSING,), {}),
    "frontier": ((MISSING, f"{MISSING}-2"), {}),
    "import_locomo": ((MISSING,), {"out": MISSING}),
    "install": ((MISSING,), {}),
    "judge_check": ((MISSING,), {"benchmark": "sample"}),
    "load_benchmark": ((MISSING,), {}),
    "record_event": ((MISSING,), {"event": "withdrawn", "who": "Ada", "why": "It is wrong."}),
    "estimate_build": (("sample",), {"work": MISSING}),
    "estimate_run": (("no-memory",), {"benchmark": "sample"}),
    "reproduce": (
        ("1",),
        {"models": {"Gemma2-2B": "embedded:student"}, "benchmark": MISSING, "out": MISSING},
    ),
    "run": (("no-memory",), {"benchmark": "sample"}),
    "score": ((MISSING,), {"benchmark": "sample"}),
    "submit": ((MISSING,), {"to": MISSING}),
    "verify": ((MISSING,), {"benchmark": "sample"}),
}
"""For each function a call that stops at something missing, unless an argument stops it first."""


class _Nothing:
    def __repr__(self) -> str:
        return "<nothing>"


def _cases() -> list[tuple[str, str]]:
    return [
        (name, parameter)
        for name in CALLS
        for parameter in inspect.signature(getattr(lv, name)).parameters
    ]


def test_every_public_function_is_tried() -> None:
    functions = {name for name in lv.__all__ if inspect.isfunction(getattr(lv, name))}
    assert functions - {"systems"} == set(CALLS)


@pytest.mark.parametrize("wrong", [_Nothing(), ["x", 5]], ids=["object", "list"])
@pytest.mark.parametrize(("name", "parameter"), _cases())
def test_an_argument_of_a_wrong_kind_is_refused(
    name: str, parameter: str, wrong: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    positional, keywords = CALLS[name]
    with pytest.raises(lv.LocomoVqaError) as caught:
        _call(getattr(lv, name), parameter, wrong, positional, keywords)
    assert MISSING not in str(caught.value), "something else was looked at first"
    assert list(tmp_path.iterdir()) == []


def _call(
    function: Callable[..., Any],
    parameter: str,
    wrong: object,
    positional: tuple[Any, ...],
    keywords: Mapping[str, Any],
) -> None:
    first = next(iter(inspect.signature(function).parameters.values()))
    if parameter != first.name:
        function(*positional, **{**keywords, parameter: wrong})
    elif first.kind is inspect.Parameter.VAR_POSITIONAL:
        function(wrong, wrong, **keywords)
    else:
        function(wrong, **keywords)


@checked
def example(
    text: str,
    *,
    path: str | Path | None = None,
    flag: bool = False,
    perhaps: bool | None = None,
    options: Mapping[str, object] | None = None,
    hook: Callable[[], None] | None = None,
    number: int = 1,
) -> str:
    """Return the text."""
    return f"{text} {path} {flag} {perhaps} {options} {hook} {number}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"text": None}, "`text` must be a string, not None."),
        ({"text": 3}, "`text` must be a string, not 3."),
        ({"text": "a", "path": 5}, "`path` must be a path, not 5."),
        ({"text": "a", "flag": "no"}, "`flag` must be True or False, not 'no'."),
        ({"text": "a", "perhaps": 1}, "`perhaps` must be True, False or None, not 1."),
        ({"text": "a", "options": ["x"]}, "`options` must be a dict, not ['x']."),
        ({"text": "a", "hook": "print"}, "`hook` must be a function, not 'print'."),
    ],
)
def test_the_annotation_says_what_is_allowed(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        example(**arguments)
    assert words in str(caught.value)


def test_right_arguments_go_through() -> None:
    assert example("a", path=None, options={}, hook=None) == "a None False None {} None 1"
    assert example("a", path=Path("b"), flag=True, number=2).startswith("a b True None None None 2")


def test_a_missing_argument_is_left_to_python() -> None:
    with pytest.raises(TypeError, match="text"):
        example()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="txt"):
        example(txt="a")  # type: ignore[call-arg]


def test_it_still_looks_like_the_function() -> None:
    assert example.__name__ == "example"
    assert list(inspect.signature(example).parameters)[:2] == ["text", "path"]
