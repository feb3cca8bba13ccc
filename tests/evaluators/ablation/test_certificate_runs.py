"""A certificate's files, its interruptions, and what contradicts its answers."""

from __future__ import annotations

import copy
import json
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, SystemLoadError
from locomo_vqa.evaluators.ablation import Ablation
from locomo_vqa.evaluators.ablation import ablate as lv_ablate
from locomo_vqa.evaluators.ablation.badge import badge
from locomo_vqa.evaluators.ablation.certificate_file import recompute
from locomo_vqa.evaluators.ablation.certificate_runs import held_secret
from locomo_vqa.evaluators.ablation.modes import run_modes
from locomo_vqa.evaluators.report.certificate import certificate_sentence
from locomo_vqa.evaluators.running.crossing import Crossing, commitment_of
from locomo_vqa.notes import listening_to_notes
from locomo_vqa.run_seal import sealed
from locomo_vqa.runs import ImageMode, Prediction, answers_sha256
from locomo_vqa.schemas import validate
from locomo_vqa.system import ShownImage
from tests.evaluators.recording import SAMPLE, Recorder, harness, recorder

MODES: tuple[ImageMode, ...] = ("pixels", "caption", "shuffled")
FEW = replace(
    SAMPLE,
    text_questions=(),
    visual_questions=tuple(q for q in SAMPLE.visual_questions if q.split == "test")[:10],
)


def ablate(make: Any, out: Path) -> Ablation:
    one = replace(harness(make, out), benchmark=FEW)
    return run_modes(one, images=MODES, visual=["given"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Ablation:
    return ablate(recorder(), tmp_path_factory.mktemp("made") / "out")


def document_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "certificate.json").read_text())
    return document


def test_its_files_say_the_same(made: Ablation) -> None:
    found, document = made.certificate, document_of(made.folder)
    assert found is not None and recompute(document, FEW) == made.certificates == (found,)
    validate(document, "certificate", path=Path("certificate.json"), remedy="")
    written = json.loads((made.folder / "ablation.json").read_text())
    assert written["certificates"] == [json.loads(json.dumps(found.to_json()))]
    assert "Answers from the picture: not shown: it can" in made._repr_html_()
    run = made.modes[0].run
    assert certificate_sentence(run.info, run.folder) == f"{found.reading} {found.scope}"
    assert certificate_sentence(run.info, made.folder) is None
    drawing = (made.folder / "certificate.svg").read_text()
    title = ElementTree.fromstring(drawing).findtext("{http://www.w3.org/2000/svg}title")
    assert title is not None and title.startswith("answers from the picture: not shown (sample, 2")


def test_a_badge_fits_any_name(made: Ablation) -> None:
    assert made.certificate is not None
    drawing = badge(made.certificate, benchmark='<"&' * 30, day=date(2026, 8, 31))
    texts = [
        each.text for each in ElementTree.fromstring(drawing).iter() if each.tag.endswith("text")
    ]
    assert texts[:2] == ["answers from the picture", "not shown"]
    assert texts[2] is not None and texts[2].endswith("…, 2026-08-31")


def test_asked_again_it_keeps_its_answers(made: Ablation, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(made.folder, folder)
    again = recorder()
    done = ablate(again, folder)
    assert again.asked == [] and done.certificates == made.certificates
    assert document_of(folder) == document_of(made.folder)


def test_what_is_asked_after_the_secret_is_known_gets_other_coins(tmp_path: Path) -> None:
    """A system fails in the second part, and reads the published secret when asked again."""
    folder, known = tmp_path / "out", []

    def fail(self: Recorder, question: str, *, image: ShownImage | None, now: Any) -> str:
        if (folder / "given-crossed-2").exists():
            if not known:
                raise RuntimeError
            assert not any(known[0] in p.read_text("utf-8", "replace") for p in files(folder))
        return "red"

    one = replace(harness(recorder(answer_visual=fail), folder), benchmark=FEW)
    first = run_modes(one, images=MODES, visual=["given"])
    known.append(document_of(folder)["secret"])
    notes: list[str] = []
    kept = run_modes(one, images=MODES, visual=["given"])
    assert kept.certificates == first.certificates and document_of(folder)["secret"] == known[0]
    with listening_to_notes(notes.append):
        done = run_modes(one, images=MODES, visual=["given"], again=True)
    assert done.certificate is not None and done.certificate.questions == 10
    assert document_of(folder)["secret"] != known[0]
    assert any("are known: they are made again, with new coins" in each for each in notes)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.*") if path.is_file() and path.suffix != ".svg"]


def test_another_way_of_asking_gets_other_coins(made: Ablation, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(made.folder, folder)
    secret = document_of(folder)["secret"]
    one = replace(harness(recorder(), folder), benchmark=FEW)
    assert len(run_modes(one, images=MODES, visual=["given", "recalled"]).certificates) == 2
    assert document_of(folder)["secret"] != secret


def test_the_secret_of_interrupted_runs_is_off_the_disk_while_a_system_can_run(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "certificate-secret.txt"
    secret.write_text("7" * 64)
    with pytest.raises(RuntimeError), held_secret(tmp_path) as held:
        assert held.value == "7" * 64 and not secret.exists()
        raise RuntimeError
    assert secret.read_text().strip() == "7" * 64
    there: list[bool] = []

    def make() -> Any:
        there.append(secret.exists())
        raise ValueError

    with pytest.raises(SystemLoadError):
        lv_ablate(make, benchmark="sample", out=tmp_path)
    assert there == [False] and secret.read_text().strip() == "7" * 64


def test_interrupted_in_order_it_continues(tmp_path: Path) -> None:
    """The first part answers all; the second is stopped at its fourth question."""
    shown: list[tuple[str, bytes]] = []

    def stop(self: Recorder, question: str, *, image: ShownImage | None, now: Any) -> str:
        if image is not None and image.path is not None:
            shown.append((question, image.path.read_bytes()))
        if len(shown) == 34:
            raise KeyboardInterrupt
        return "red"

    with pytest.raises(KeyboardInterrupt):
        ablate(recorder(answer_visual=stop), tmp_path / "out")
    secret = (tmp_path / "out" / "certificate-secret.txt").read_text().strip()
    done = ablate(recorder(answer_visual=stop), tmp_path / "out")
    assert done.certificate is not None and done.certificate.questions == 10
    assert document_of(done.folder)["secret"] == secret
    assert not (done.folder / "certificate-secret.txt").exists()
    assert len(shown) == 41


def test_killed_it_begins_again_with_other_coins(made: Ablation, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(made.folder, folder)
    secret = document_of(folder)["secret"]
    (folder / "certificate.json").unlink()
    again, notes = recorder(), []
    with listening_to_notes(notes.append):
        done = ablate(again, folder)
    assert len(again.asked) == 20
    assert document_of(folder)["secret"] != secret
    assert done.certificate is not None
    assert any("The certificate's earlier runs were killed" in each for each in notes)


def test_without_a_needed_mode_or_unwanted_there_is_none(tmp_path: Path) -> None:
    one = replace(harness(recorder(), tmp_path / "out"), benchmark=FEW)
    done = run_modes(one, images=MODES, visual=["given"], certificate=False)
    assert done.certificate is None and "certificates" not in done.to_json()
    assert run_modes(one, images=["pixels"], visual=["given"]).certificates == ()
    assert not (tmp_path / "out" / "certificate.svg").exists()


def _reseal(part: dict[str, Any]) -> None:
    info = {key: value for key, value in part["run"].items() if key != "seal"}
    part["run"] = sealed(info)


def _other_secret(document: dict[str, Any]) -> None:
    document["secret"] = "0" * 64


def _other_answer(document: dict[str, Any]) -> None:
    document["asked"][0]["runs"]["first"]["answers"][0][2] = "blue"


def _other_model(document: dict[str, Any]) -> None:
    part = document["asked"][0]["runs"]["second"]
    part["run"]["answerer"]["model"] = "another"
    _reseal(part)


def _unsealed(document: dict[str, Any]) -> None:
    document["asked"][0]["runs"]["first"]["run"]["system"]["version"] = "9"


def _pixels_as_captions(document: dict[str, Any]) -> None:
    runs = document["asked"][0]["runs"]
    runs["caption"] = copy.deepcopy(runs["first"])


def _swapped(document: dict[str, Any]) -> None:
    runs = document["asked"][0]["runs"]
    runs["first"], runs["second"] = runs["second"], runs["first"]


def _other_benchmark(document: dict[str, Any]) -> None:
    for part in document["asked"][0]["runs"].values():
        part["run"]["dataset"]["revision"] = "f" * 64
        _reseal(part)


def _with_answers(part: dict[str, Any], answers: list[Any]) -> None:
    part["answers"] = answers
    predictions = [Prediction(question_id=q, state=s, prediction=p) for q, s, p in answers]
    part["run"]["answers_sha256"] = answers_sha256(predictions)
    part["run"]["counts"]["total"] = len(answers)
    _reseal(part)


def _fewer_answers(document: dict[str, Any]) -> None:
    part = document["asked"][0]["runs"]["second"]
    _with_answers(part, part["answers"][:-2])


def _more_answers(document: dict[str, Any]) -> None:
    part = document["asked"][0]["runs"]["caption"]
    _with_answers(part, [*part["answers"], ["unknown", "ok", "red"]])


def _other_counts(document: dict[str, Any]) -> None:
    part = document["asked"][0]["runs"]["first"]
    part["run"]["counts"]["total"] = 90
    _reseal(part)


def _asked_again(document: dict[str, Any]) -> None:
    part = document["asked"][0]["runs"]["first"]
    part["run"]["record"]["attempts"][0]["retry_failed"] = True
    _reseal(part)


def _twice(document: dict[str, Any]) -> None:
    document["asked"] *= 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_fewer_answers, "the run 'second' lacks answers to 2 questions"),
        (_more_answers, "the run 'caption' answers 1 question that its split doesn't have"),
        (_other_counts, "the run 'first' has another number of answers than its run.json says"),
        (_asked_again, "the run 'first' has questions that were asked again, with known coins"),
        (_twice, "has a way of asking twice"),
        (_other_secret, "the secret is not that of the run 'first'"),
        (_other_answer, "the run 'first' has other answers than its run.json says"),
        (_other_model, "the run 'second' has another answerer than the first"),
        (_unsealed, "the run 'first' was changed: its seal does not match"),
        (_pixels_as_captions, "the run 'caption' did not show captions"),
        (_swapped, "the secret is not that of the run 'first'"),
        (_other_benchmark, "is about another revision of the data set"),
    ],
)
def test_what_contradicts_itself_is_refused(made: Ablation, change: Any, message: str) -> None:
    document = document_of(made.folder)
    change(document)
    with pytest.raises(InputError, match=message):
        recompute(document, FEW)


def test_the_secret_fits_the_runs(made: Ablation) -> None:
    document = document_of(made.folder)
    crossing = Crossing(secret=document["secret"], visual="given", part=1)
    runs = document["asked"][0]["runs"]
    for part, role in enumerate(("first", "second"), 1):
        assert runs[role]["run"]["certificate"] == {
            "part": part,
            "commitment": commitment_of(crossing.secret),
        }
