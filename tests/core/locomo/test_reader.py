"""Reading LoCoMo: what is repaired, what is kept, what is counted, in both layouts."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Erratum
from locomo_vqa.errors import InputError
from locomo_vqa.locomo import Locomo, read_locomo
from tests.core.locomo_example import sample


def write(path: Path, *samples: dict[str, Any]) -> Path:
    path.write_text(json.dumps(list(samples)), encoding="utf-8")
    return path


@pytest.fixture
def locomo(tmp_path: Path) -> Locomo:
    return read_locomo(write(tmp_path / "locomo.json", sample("conv-1"), sample("conv-2")))


def test_sessions_are_in_the_order_of_their_numbers(locomo: Locomo) -> None:
    sessions = locomo.conversations[0].sessions
    assert [session.number for session in sessions] == list(range(1, 13))
    assert sessions[1].time.isoformat() == "2023-05-08T13:02:00"
    assert [turn.id for turn in sessions[9].turns] == ["D10:1", "D10:2"]


def test_nothing_of_the_query_is_kept(locomo: Locomo) -> None:
    assert "seven sails" not in repr(locomo)
    assert locomo.report.by_kind()["query_dropped"] == 2


def test_urls_are_undone_and_captions_without_url_are_kept(locomo: Locomo) -> None:
    images = [image for _, turn in locomo.conversations[0].turns() for image in turn.images]
    assert [(image.url, image.caption, image.state) for image in images] == [
        ("https://pictures.example/a.jpg?x=1&y=2", "a photo of a boat", "not_fetched"),
        (None, "a photo of a hill", "no_url"),
        ("https://pictures.example/shared.jpg", "a photo of a tree", "not_fetched"),
    ]
    shared = [record for record in locomo.images if record.url and "shared" in record.url]
    assert [record.turns for record in shared] == [("conv-1/D4:1", "conv-2/D4:1")]


def test_answers_are_text(locomo: Locomo) -> None:
    first = locomo.questions[0]
    assert (first.id, first.answer) == ("conv-1/t/0", "2022")
    assert locomo.questions[5].answer is None
    assert locomo.questions[5].adversarial_answer == "in May"
    assert locomo.questions[6].answer == "Ada"


def test_evidence_is_repaired_where_it_has_one_meaning(locomo: Locomo) -> None:
    assert locomo.questions[1].evidence == ("D2:1", "D3:2")
    assert locomo.questions[3].evidence == ("D4:1", "D5:2", "D", "D4:36")
    found = locomo.report.by_kind()
    assert (found["evidence_repaired"], found["evidence_kept"], found["no_evidence"]) == (6, 4, 2)


def test_duplicates_are_marked_within_a_conversation(locomo: Locomo) -> None:
    marked = {q.id: q.duplicate_of for q in locomo.questions if q.duplicate_of}
    assert marked == {"conv-1/t/2": "conv-1/t/1", "conv-2/t/2": "conv-2/t/1"}
    assert locomo.report.by_kind()["same_question_other_category"] == 2


def test_the_counts(locomo: Locomo) -> None:
    counts = locomo.report.counts
    assert (counts["conversations"], counts["sessions"], counts["turns"]) == (2, 24, 48)
    assert (counts["images"], counts["urls"]) == (4, 2)
    assert counts["urls_in_several_conversations"] == 2
    assert counts["questions_by_category"] == {"1": 2, "2": 2, "3": 2, "4": 4, "5": 4}
    assert counts["questions_by_split"] == {"train": 7, "validation": 0, "test": 7}
    assert locomo.report.by_kind()["date_without_session"] == 2


def test_the_older_layout_has_the_same_content(tmp_path: Path) -> None:
    older = tmp_path / "older.zip"
    with zipfile.ZipFile(older, "w") as archive:
        archive.writestr("__MACOSX/data/._2.json", "not json")
        for number in (10, 2):
            raw = sample()
            part = {**raw["conversation"], "qa": raw["qa"], "events_session_1": {}}
            archive.writestr(f"data/{number}.json", json.dumps(part))
    newer = write(tmp_path / "newer.json", sample("conv-2"), sample("conv-10"))
    ours, theirs = read_locomo(newer), read_locomo(older)
    assert theirs.conversations == ours.conversations
    assert theirs.questions == ours.questions
    assert theirs.images == ours.images
    with zipfile.ZipFile(older) as archive:
        archive.extractall(tmp_path / "unpacked", [n for n in archive.namelist() if "data/1" in n])
    assert read_locomo(tmp_path / "unpacked" / "data").conversations[0].id == "conv-10"


def test_errata_are_attached_by_conversation_and_index(tmp_path: Path) -> None:
    erratum = Erratum(kind="TEMPORAL_ERROR", changes_score=True)
    path = write(tmp_path / "locomo.json", sample("conv-1"))
    locomo = read_locomo(path, errata={("conv-1", 3): erratum})
    assert [q.erratum for q in locomo.questions if q.erratum] == [erratum]
    assert locomo.questions[3].erratum == erratum
    assert locomo.report.counts["errata"] == {"issues": 1, "change_score": 1}
    with pytest.raises(InputError, match="conv-1/t/99"):
        read_locomo(path, errata={("conv-1", 99): erratum})


def without(*path: str | int) -> dict[str, Any]:
    raw = sample()
    place: Any = raw
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return raw


def changed(value: Any, *path: str | int) -> dict[str, Any]:
    raw = sample()
    place: Any = raw
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return raw


BAD_SAMPLES = {
    "no sample_id": (without("sample_id"), "'sample_id' is missing"),
    "no qa": (without("qa"), "'qa' is missing"),
    "no conversation": (without("conversation"), "'conversation' is missing"),
    "no speaker": (without("conversation", "speaker_b"), "'speaker_b' is missing"),
    "no text": (without("conversation", "session_3", 1, "text"), "'text' is missing"),
    "no dia_id": (without("conversation", "session_3", 1, "dia_id"), "'dia_id' is missing"),
    "no session in the middle": (without("conversation", "session_3"), "session_3"),
    "no last session": (
        changed([{**sample()["qa"][0], "evidence": ["D13:1"]}], "qa"),
        "session_13: the session is missing, but question 0",
    ),
    "no session at all": (
        changed({"speaker_a": "Ada", "speaker_b": "Ben"}, "conversation"),
        "session_1: the session is missing",
    ),
    "no date": (without("conversation", "session_3_date_time"), "session_3_date_time"),
    "a bad date": (
        changed("yesterday", "conversation", "session_3_date_time"),
        "session_3_date_time: 'yesterday'",
    ),
    "no answer": (without("qa", 1, "answer"), r"qa\[1\]: 'answer' is missing"),
    "no adversarial answer": (without("qa", 5, "adversarial_answer"), r"qa\[5\]"),
    "category 6": (changed(6, "qa", 0, "category"), "category: 6 is not one of"),
    "a list as answer": (changed(["x"], "qa", 0, "answer"), r"answer: \['x'\] is not of type"),
    "text of a number": (changed(7, "conversation", "session_1", 0, "text"), "7 is not of type"),
    "a turn twice": (changed("D1:1", "conversation", "session_1", 1, "dia_id"), "'D1:1' is used"),
    "a name that is a path": (changed("../conv", "sample_id"), "sample_id"),
}


@pytest.mark.parametrize("name", BAD_SAMPLES)
def test_a_file_of_another_shape_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    raw, message = BAD_SAMPLES[name]
    path = write(tmp_path / "bad.json", raw)
    with pytest.raises(InputError, match=message) as caught:
        read_locomo(path)
    assert str(path) in caught.value.message
    assert caught.value.remedy


OTHER = r"bad\.json: is not LoCoMo's file, which is a list of conversations\.$"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"sample_id": "conv-1", "qa', "cut off"),
        (b"<html>Not found</html>", "is an HTML page"),
        (b"Not found", "not valid JSON at line 1, column 1"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer"),
        (b"\x80\x81", "not UTF-8"),
        (b"{}", OTHER),
        (b'{"schema_version": 1, "system": {"name": "bm25"}}', OTHER),
        (b"[]", OTHER),
        (b"[1, 2]", OTHER),
        (b'[{"question_id": "a", "prediction": "b"}]', OTHER),
        (b"", "cut off"),
        (b"[" * 200_000, "can't be parsed"),
    ],
)
def test_what_is_no_locomo_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_locomo(path)
    assert re.search(message, caught.value.message)


def test_a_conversation_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="contains the conversation conv-1 twice"):
        read_locomo(write(tmp_path / "twice.json", sample("conv-1"), sample("conv-1")))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_locomo(tmp_path / "nothing.json")
    with pytest.raises(InputError, match=r"has no \.json file"):
        read_locomo(tmp_path)
    damaged = tmp_path / "damaged.zip"
    with zipfile.ZipFile(damaged, "w") as archive:
        archive.writestr("1.json", json.dumps({"speaker_a": "x" * 1000}))
    damaged.write_bytes(damaged.read_bytes().replace(b"xxxx", b"yyyy"))
    with pytest.raises(InputError, match="can't be unpacked"):
        read_locomo(damaged)


def test_the_real_file(real_locomo: Path) -> None:
    """The figures are counted from the file by other means, in notes of the project's data."""
    locomo = read_locomo(real_locomo)
    counts = locomo.report.counts
    expected = {
        "conversations": 10,
        "sessions": 272,
        "turns": 5882,
        "images": 910,
        "urls": 862,
        "urls_more_than_once": 29,
        "urls_in_several_conversations": 13,
        "captions": 1226,
        "captions_without_url": 316,
        "questions": 1986,
        "questions_scored": 1540,
        "questions_by_category": {"1": 282, "2": 321, "3": 96, "4": 841, "5": 446},
        "questions_by_split": {"train": 1347, "validation": 239, "test": 400},
        "conversations_by_split": {"train": 7, "validation": 1, "test": 2},
        "duplicates": 11,
    }
    assert {key: counts[key] for key in expected} == expected
    found = locomo.report.by_kind()
    assert (found["integer_answer"], found["adversarial_with_answer"]) == (6, 2)
    assert (found["date_without_session"], found["redownload_flag"]) == (16, 206)
    assert found["url_without_query"] == 22
    assert [q.index for q in locomo.questions if q.duplicate_of] == list(range(89, 100))
    repeats = [q.duplicate_of for q in locomo.questions if q.duplicate_of]
    assert repeats == [f"conv-48/t/{i}" for i in (16, 25, 42, 58, 61, 62, 63, 67, 69, 72, 74)]
    assert {q.split for q in locomo.questions if q.conversation == "conv-49"} == {"test"}
    by_id = {question.id: question for question in locomo.questions}
    assert by_id["conv-26/t/37"].evidence == ("D8:6", "D9:17")
    assert by_id["conv-50/t/69"].evidence == ("D30:5",)
    assert "D" in by_id["conv-42/t/88"].evidence


ODD_FILES = {
    "a session with a leading zero": (
        {"session_03": [], "session_03_date_time": "1:00 pm on 8 May, 2023"},
        "'session_03.*': is not a session's key",
    ),
    "a session nought": (
        {"session_0": [], "session_0_date_time": "1:00 pm on 8 May, 2023"},
        "'session_0.*': is not a session's key",
    ),
    "a session of another script": ({"session_٣": []}, "'session_٣': is not a session's key"),
    "a session of many digits": ({"session_" + "9" * 5000: []}, "is not a session's key"),
    "a session far away": ({"session_9999": []}, "session_13: the session is missing"),
}


@pytest.mark.parametrize("name", ODD_FILES)
def test_odd_sessions_are_refused(name: str, tmp_path: Path) -> None:
    more, message = ODD_FILES[name]
    raw = sample()
    raw["conversation"] |= more
    with pytest.raises(InputError, match=message):
        read_locomo(write(tmp_path / "odd.json", raw))


def test_odd_values_are_mended_or_kept(tmp_path: Path) -> None:
    raw = sample()
    raw["qa"][0] |= {"answer": 2022.0, "category": 2.0, "evidence": ["D" + "9" * 5000 + ":1"]}
    raw["conversation"]["session_2"][0]["img_url"] = [r"https://pictures.example/\ud800.jpg"]
    locomo = read_locomo(write(tmp_path / "odd.json", raw))
    question = locomo.questions[0]
    assert (question.answer, repr(question.category)) == ("2022", "2")
    assert locomo.images[0].url == "https://pictures.example/\ufffd.jpg"
    assert "evidence_kept" in {finding.kind for finding in locomo.report.findings}


def test_devices_pipes_and_deep_nesting_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a device or a pipe"):
        read_locomo(Path("/dev/zero"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a device or a pipe"):
        read_locomo(tmp_path / "pipe")
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 800 + '"\\ud800"' + "]" * 800)
    with pytest.raises(InputError, match="nested more than 100 deep"):
        read_locomo(deep)


def test_a_zip_with_damaged_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.json", json.dumps({"speaker_a": "x" * 1000}))
    data = bytearray(path.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="can't be unpacked"):
        read_locomo(path)
