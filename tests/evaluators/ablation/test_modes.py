"""The ablation: what a system that sees scores with, without and with other images."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.ablation.modes import run_modes
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.running.harness import Harness
from locomo_vqa.files import read_json, sha256_file
from locomo_vqa.schemas import validate
from locomo_vqa.system import Services, ShownImage
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE, Recorder, harness, recorder

KNOWN = {(q.image, q.question): q.answer for q in SAMPLE.visual_questions}


def see(self: Recorder, question: str, *, image: ShownImage | None, now: Any) -> str:
    """Answer what is true of the image that is shown, or nothing."""
    self.asked.append((question, image))
    seen = sha256_file(image.path) if image and image.path else None
    return KNOWN.get((seen, question), "")


@pytest.mark.slow
def test_a_system_that_sees_is_right_with_its_own_images_only(tmp_path: Path) -> None:
    """All differ in the same direction in ten conversations: p is 2 of 2^10 sign flips.

    Of 452 equal differences, z^2 / (452 + z^2) = 3.8415 / 455.8415 = 0.84 % may be unlike, each by
    up to 200 points: the interval ends at 100 - 1.69.
    """
    own = recorder(answer_visual=see)
    everything = replace(harness(own, tmp_path / "out"), split="all")
    done = run_modes(everything, images=["none", "pixels", "shuffled"], visual=["given"])
    values = {mode.images: mode.v.overall.value for mode in done.modes}
    assert values["pixels"] == 100
    assert values["none"] == 0
    assert values["shuffled"] is not None and values["shuffled"] < 20
    against = {difference.baseline: difference for difference in done.differences}
    assert against["none"].paired.difference == 100
    assert against["none"].paired.p == 2 / 2**10
    assert against["none"].paired.questions == len(SAMPLE.visual_questions)
    assert against["none"].reading == (
        "given: pixels − none = +100.0, 95 % interval +98.3 … +100.0, p = 0.002: what the pixels "
        "add to what can be guessed or read."
    )
    assert against["shuffled"].paired.difference == pytest.approx(100 - values["shuffled"])
    document = read_json(tmp_path / "out" / "ablation.json", what="it")
    validate(document, "ablation", path=tmp_path, remedy="")
    assert [mode["folder"] for mode in document["modes"]] == [
        "given-none",
        "given-pixels",
        "given-shuffled",
    ]


@pytest.mark.slow
def test_an_embedded_model_needs_the_right_image(tmp_path: Path) -> None:
    """Hardly better than the commonest answer of each type, unless it sees the image."""
    asked = [q for q in SAMPLE.visual_questions if q.split == "validation"][:21]
    answers = {kind: Counter(q.answer for q in asked if q.type == kind) for kind in KINDS}
    blind = 100 * sum(counter.most_common(1)[0][1] for counter in answers.values()) / len(asked)
    done = run_modes(
        Harness(
            system=load_system("no-memory"),
            benchmark=replace(SAMPLE, visual_questions=tuple(asked)),
            split="validation",
            images="pixels",
            services=Services(model="embedded:large"),
            out=tmp_path / "out",
        ),
        images=["pixels", "none", "shuffled"],
        visual=["given"],
    )
    values = {mode.images: mode.v.overall.value or 0 for mode in done.modes}
    assert blind < 50
    assert max(values["shuffled"], values["none"]) < blind + 10 < 75 < values["pixels"]
    assert "no p-value with 1 conversation" in done.differences[0].reading


KINDS = {q.type for q in SAMPLE.visual_questions}


def test_what_is_finished_is_kept_and_another_system_is_refused(tmp_path: Path) -> None:
    first = recorder(answer_visual=see)
    run_modes(harness(first, tmp_path / "out"), images=["pixels"], visual=["given"])
    assert len(first.asked) == 90
    more = recorder(answer_visual=see)
    done = run_modes(harness(more, tmp_path / "out"), images=["pixels", "none"], visual=["given"])
    assert [image for _, image in more.asked] == [None] * 90
    assert len(done.differences) == 1
    other = replace(harness(recorder(), tmp_path / "out").system, name="other")
    with pytest.raises(OutputError, match=r"its system\.name is 'own', not 'other'"):
        run_modes(
            replace(harness(recorder(), tmp_path / "out"), system=other),
            images=["pixels"],
            visual=["given"],
        )


def test_a_run_that_has_text_questions_keeps_them(tmp_path: Path) -> None:
    whole = harness(recorder(), tmp_path / "out" / "given-pixels").run()
    again = recorder()
    run_modes(harness(again, tmp_path / "out"), images=["pixels"], visual=["given"])
    assert again.asked == []
    path = tmp_path / "out" / "given-pixels" / "predictions.jsonl"
    assert len(path.read_text().splitlines()) == len(whole.predictions) == 128


def test_failures_count_as_wrong_and_are_shown(tmp_path: Path) -> None:
    def fail(self: Recorder, question: str, *, image: ShownImage | None, now: Any) -> str:
        if image is None:
            raise RuntimeError("blind")
        return "red"

    run = harness(recorder(answer_visual=fail), tmp_path / "out")
    done = run_modes(run, images=["pixels", "none"], visual=["given"])
    none = done.to_json()["modes"][1]
    assert (none["failed"], none["states"], none["v"]["value"]) == (90, {"error": 90}, 0)


def test_wrong_folders_and_benchmarks_are_refused(tmp_path: Path) -> None:
    own = harness(recorder(), tmp_path / "out")
    own.run()
    with pytest.raises(OutputError, match="is the folder of a run"):
        run_modes(own, images=["pixels"], visual=["given"])
    blind = replace(own, benchmark=replace(SAMPLE, visual_questions=()), out=tmp_path / "new")
    with pytest.raises(InputError, match="has no visual questions"):
        run_modes(blind, images=["pixels"], visual=["given"])
    assert not (tmp_path / "new").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="file: is not a folder"):
        lv.ablate("no-memory", benchmark=SAMPLE, out=tmp_path / "file", progress=False)


@pytest.mark.slow
def test_the_command(cli: Cli, tmp_path: Path) -> None:
    command = ("ablate", "bm25", "--benchmark", "sample", "--split", "validation", "--out", "out")
    command = (*command, "--images", "pixels,caption")
    done = cli(*command)
    assert done.returncode == 0, done.stderr
    for way in ("given", "recalled"):
        assert f"{way}: pixels − caption = " in done.stdout
    printed = json.loads(cli(*command, "--json").stdout)
    assert printed == json.loads((tmp_path / "out" / "ablation.json").read_text())
    assert len(printed["modes"]) == 4 and len(printed["differences"]) == 2
    for options, message in {
        (
            "--images",
            "pixels,x-ray",
        ): "--images may contain pixels, caption, none",
        ("--visual", ","): "--visual must be a list of one or more of given, recalled",
        ("--model", "embedded:none"): "embedded:none",
    }.items():
        wrong = cli(*command, *options)
        assert wrong.returncode == 2
        assert message in wrong.stderr and "Traceback" not in wrong.stderr
