"""What each mode shows and asks, and that a run keeps to its modes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.scoring import score
from locomo_vqa.runs import IMAGE_MODES, ImageMode, read_run
from locomo_vqa.schemas import validate
from locomo_vqa.system import ConversationInfo
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE, Recorder, harness, recorder

VISUAL = [q for q in SAMPLE.visual_questions if q.split == "test"]


def told(make: type[Recorder]) -> type[Recorder]:
    """Make a recorder that notes what `open` is given."""

    def open_(self: Recorder, conversation: ConversationInfo, workdir: Path, services: object):  # type: ignore[no-untyped-def]
        make.told.append(conversation)  # type: ignore[attr-defined]

    make.told = []  # type: ignore[attr-defined]
    make.open = open_  # type: ignore[method-assign]
    return make


def test_shuffled_shows_other_people_s_images_and_says_pixels(tmp_path: Path) -> None:
    own = told(recorder())
    done = harness(own, tmp_path / "run", images="shuffled").run()
    assert done.info["image_handling"] == "shuffled"
    assert {info.images for info in own.told} == {"pixels"}  # type: ignore[attr-defined]
    of_test = [c for c in SAMPLE.conversations if c.split == "test"]
    mine = {c.id: [str(i.sha256) for _, t in c.turns() for i in t.images] for c in of_test}
    real = [sha256 for hashes in mine.values() for sha256 in hashes]
    seen = [hash_of(own, image) for turn in own.seen for image in turn.images]
    assert len(seen) == len(real)
    shown = dict(zip(real, seen, strict=True))
    for hashes in mine.values():
        assert not {shown[sha256] for sha256 in hashes}.intersection(hashes)
    asked = [hash_of(own, image) for _, image in own.asked if hasattr(image, "path")]
    assert asked == [shown[question.image] for question in VISUAL]
    again = recorder()
    harness(again, tmp_path / "again", images="shuffled").run()
    assert [hash_of(again, i) for t in again.seen for i in t.images] == seen


def hash_of(own: type[Recorder], image: Any) -> str:
    return hashlib.sha256(own.pixels[image.path]).hexdigest()


def test_shuffling_is_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    alone = replace(SAMPLE, conversations=SAMPLE.conversations[-1:])
    kept = {
        "text_questions": tuple(q for q in SAMPLE.text_questions if q.conversation == "sample-10"),
        "visual_questions": (),
    }
    run = harness(recorder(), tmp_path / "run", images="shuffled")
    with pytest.raises(InputError, match="no other conversation has an image"):
        replace(run, benchmark=replace(alone, **kept)).run()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("images", IMAGE_MODES)
def test_a_recalled_image_is_named_and_not_shown(images: ImageMode, tmp_path: Path) -> None:
    own = told(recorder())
    done = harness(own, tmp_path / "run", images=images, visual="recalled").run()
    assert done.info["visual_handling"] == "recalled"
    assert {info.visual for info in own.told} == {"recalled"}  # type: ignore[attr-defined]
    visual = [(text, image) for text, image in own.asked if image is None]
    assert len(visual) == len(VISUAL) == 90
    speakers = {c.id: c.speakers for c in SAMPLE.conversations}
    for (text, _), question in zip(visual, VISUAL, strict=True):
        before, _, after = text.partition(": ")
        assert after == question.question
        assert before.startswith("About the ")
        assert any(name in before for name in speakers[question.conversation])
    assert bool([i for turn in own.seen for i in turn.images]) == (images != "none")


def test_a_run_goes_on_in_its_own_mode_only(tmp_path: Path) -> None:
    harness(recorder(), tmp_path / "run").run()
    assert read_run(tmp_path / "run").info["visual_handling"] == "given"
    with pytest.raises(OutputError, match="its visual_handling is 'given', not 'recalled'"):
        harness(recorder(), tmp_path / "run", visual="recalled").run()
    with pytest.raises(OutputError, match="its image_handling is 'pixels', not 'shuffled'"):
        harness(recorder(), tmp_path / "run", images="shuffled").run()


@pytest.mark.slow
def test_a_run_that_does_not_say_is_given(tmp_path: Path) -> None:
    harness(recorder(), tmp_path / "run").run()
    path = tmp_path / "run" / "run.json"
    run = json.loads(path.read_text())
    del run["visual_handling"]
    del run["seal"], run["record"]  # Versions before the field had neither.
    path.write_text(json.dumps(run))
    sheet = score(tmp_path / "run", benchmark=SAMPLE, metrics=["v"])
    assert sheet.document["modes"] == {"image_handling": "pixels", "visual_handling": "given"}
    with pytest.raises(OutputError, match="its visual_handling is 'given', not 'recalled'"):
        harness(recorder(), tmp_path / "run", visual="recalled").run()
    again = recorder()
    assert harness(again, tmp_path / "run").run().info["visual_handling"] == "given"
    assert again.asked == []


@pytest.mark.slow
def test_scores_tell_recalled_from_given(tmp_path: Path, cli: Cli) -> None:
    command = ("run", "no-memory", "--benchmark", "sample", "--split", "validation")
    assert cli(*command, "--visual", "recalled", "--out", "recalled").returncode == 0
    done = cli("score", "recalled", "--benchmark", "sample", "--metrics", "v")
    assert "came without it (recalled)" in done.stdout.splitlines()[1]
    harness(recorder(), tmp_path / "given").run()
    for visual in ("given", "recalled"):
        scores = score(tmp_path / visual, benchmark=SAMPLE, metrics=["v"]).document
        validate(scores, "scores", path=tmp_path, remedy="")
        assert scores["modes"]["visual_handling"] == visual
        signature = scores["metrics"]["v"]["signature"]
        assert ("visual=recalled" in signature) == (visual == "recalled")
    rows = tmp_path / "given" / "predictions.jsonl"
    assert score(rows, benchmark=SAMPLE, metrics=["v"]).document["modes"] is None
