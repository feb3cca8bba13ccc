"""What later stages need is checked before the teacher is asked, and so before anything is paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark import Benchmark, Split, load_benchmark
from locomo_vqa.errors import InputError, LocomoVqaError, MissingResource
from locomo_vqa.evaluators.distilling.duomem import distill
from locomo_vqa.models import expert_fit
from tests.evaluators.stub_endpoint import stub_endpoint

SAMPLE = load_benchmark("sample")
STUDENT = "embedded:student"


def refused(call: Callable[..., Any], out: Path, **arguments: Any) -> tuple[LocomoVqaError, int]:
    """Return the error of a distillation, and how often a teacher that refuses all was asked."""
    with stub_endpoint(lambda _: (401, {"error": {"message": "no key"}})) as endpoint:
        call_of = {"benchmark": SAMPLE, "student": STUDENT, "teacher": endpoint.model}
        with pytest.raises(LocomoVqaError) as error:
            call(**{**call_of, **arguments}, out=out, progress=False)
        return error.value, len(endpoint.requests)


@pytest.mark.parametrize("call", [lv.distill_memlora, distill])
@pytest.mark.parametrize("package", ["torch", "peft"])
def test_a_missing_package_is_noticed_first(
    call: Callable[..., Any], package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expert_fit, "find_spec", lambda name: None if name == package else name)
    error, asked = refused(call, tmp_path / "out")
    assert isinstance(error, MissingResource)
    assert f"package {package}" in error.message
    assert asked == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("call", "only"), [(lv.distill_memlora, "data"), (distill, "memories")])
def test_data_alone_needs_no_package(
    call: Callable[..., Any], only: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expert_fit, "find_spec", lambda _: None)
    error, asked = refused(call, tmp_path / "out", only=only)
    assert "refuses every request" in error.message
    assert asked > 0


def moved(benchmark: Benchmark, split: Split) -> Benchmark:
    """Return a benchmark whose conversations of a split are in the split before."""
    to: Split = "train" if split == "validation" else "validation"

    def place(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(each, split=to) if each.split == split else each for each in items)

    return replace(
        benchmark,
        conversations=place(benchmark.conversations),
        text_questions=place(benchmark.text_questions),
        visual_questions=place(benchmark.visual_questions),
    )


def without_gold(benchmark: Benchmark, split: Split) -> Benchmark:
    """Return a benchmark whose text questions of a split are all adversarial."""
    kept = [q for q in benchmark.text_questions if q.split != split or q.category == 5]
    return replace(benchmark, text_questions=tuple(kept))


def without_visual(benchmark: Benchmark, split: Split) -> Benchmark:
    kept = [q for q in benchmark.visual_questions if q.split != split]
    return replace(benchmark, visual_questions=tuple(kept))


@pytest.mark.parametrize(
    ("call", "benchmark", "more", "message"),
    [
        (lv.distill_memlora, moved(SAMPLE, "validation"), {"only": "data"}, "validation split has"),
        (lv.distill_memlora, moved(SAMPLE, "test"), {}, "the test split has no conversations"),
        (
            lv.distill_memlora,
            without_gold(SAMPLE, "validation"),
            {"only": "data"},
            "the validation split has no text questions with a gold answer",
        ),
        (
            lv.distill_memlora,
            without_visual(SAMPLE, "validation"),
            {"only": "data"},
            "the validation split has no visual questions",
        ),
        (distill, moved(SAMPLE, "validation"), {}, "the validation split has no conversations"),
        (
            distill,
            without_gold(SAMPLE, "train"),
            {"only": "answers"},
            "train split has no text",
        ),
    ],
)
def test_a_split_that_lacks_what_a_stage_needs_is_noticed_first(
    call: Callable[..., Any],
    benchmark: Benchmark,
    more: dict[str, Any],
    message: str,
    tmp_path: Path,
) -> None:
    error, asked = refused(call, tmp_path / "out", benchmark=benchmark, **more)
    assert isinstance(error, InputError)
    assert message in error.message
    assert asked == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_student_without_eyes_is_noticed_first(qwen2: Path, tmp_path: Path) -> None:
    error, asked = refused(lv.distill_memlora, tmp_path / "out", student=f"transformers:{qwen2}")
    assert "does not see images" in error.message
    assert "leave out the stage vision" in error.remedy
    assert asked == 0


@pytest.mark.slow
@pytest.mark.parametrize("call", [lv.distill_memlora, distill])
def test_a_student_that_does_not_exist_is_noticed_first(
    call: Callable[..., Any], packages: None, tmp_path: Path
) -> None:
    student = f"transformers:{tmp_path / 'nowhere'}"
    error, asked = refused(call, tmp_path / "out", student=student)
    assert "can't be loaded" in error.message
    assert asked == 0
