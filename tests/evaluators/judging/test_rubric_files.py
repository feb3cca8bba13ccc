"""A judge's prompt from a user's file: what it must hold, what is sent, and how J is signed."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.judging.cases import KINDS, expected_verdict
from locomo_vqa.evaluators.judging.judge import Judge, ToJudge
from locomo_vqa.evaluators.judging.replies import Unreadable, Verdict, read_verdict
from locomo_vqa.evaluators.judging.rubric_files import MAX_BYTES, read_rubric
from locomo_vqa.evaluators.judging.rubrics import MAX_CHARS, judge_prompt
from tests.core.models.stub_server import completion, stub_server
from tests.evaluators.judging.test_judge import Scripted

BRACED = (
    "Mark the reply.\nQuestion: {question}\nGold answer: {gold_answer}\n"
    "Generated answer: {generated_answer}\nReturn JSON with the key 'label': CORRECT or WRONG.\n"
)
QUOTED = 'Compare:\n$data\nGive JSON with a "verdict" that is CORRECT or WRONG.\n'
ITEM = ToJudge(id="q", question="Which {gold_answer}?", gold="a shell", answer='a "{question}"\n$1')


def rubric_file(folder: Path, text: str) -> Path:
    path = folder / "rubric.txt"
    path.write_text(text, encoding="utf-8")
    return path


def sent(folder: Path, text: str, item: ToJudge = ITEM) -> str:
    rubric = read_rubric(rubric_file(folder, text))
    return judge_prompt(rubric, question=item.question, gold=item.gold, answer=item.answer).text


def test_texts_in_braces_are_filled_in_unchanged_and_once(tmp_path: Path) -> None:
    assert sent(tmp_path, BRACED) == (
        "Mark the reply.\nQuestion: Which {gold_answer}?\nGold answer: a shell\n"
        'Generated answer: a "{question}"\n$1\n'
        "Return JSON with the key 'label': CORRECT or WRONG."
    )


def test_data_is_the_same_block_as_in_the_bundled_rubrics(tmp_path: Path) -> None:
    ours = judge_prompt("strict", question=ITEM.question, gold=ITEM.gold, answer=ITEM.answer).text
    block = ours[ours.index("{\n") : ours.index("\n}") + 2]
    assert sent(tmp_path, QUOTED) == QUOTED.replace("$data", block).strip()
    assert sent(tmp_path, QUOTED.replace("$data", "${data}")) == sent(tmp_path, QUOTED)


def test_long_texts_are_cut_and_say_so(tmp_path: Path) -> None:
    item = ToJudge(id="q", question="q", gold="g", answer="x" * (MAX_CHARS + 7))
    note = " [only the first 4,000 of 4,007 characters are here]"
    assert "x" * MAX_CHARS + note in sent(tmp_path, BRACED, item)


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("CORRECT or WRONG?", "doesn't say where the question and the answers belong", r"\$data"),
        (BRACED.replace("{question}", ""), "has only generated_answer, gold_answer", r"\$data"),
        (BRACED + "$data", "mixes both ways", r"\$data"),
        (BRACED.replace("{question}", "{qestion}"), "the name 'qestion'", "mean 'question'"),
        (QUOTED + "$answers", "the name 'answers'", r"\$data"),
        (QUOTED.replace('"verdict"', "verdict"), "doesn't ask for a verdict", '"label"'),
        (QUOTED + '"label"', "doesn't ask for a verdict", "instead"),
        (QUOTED.replace("WRONG", "FALSE"), "doesn't ask for a verdict", "CORRECT or WRONG"),
        (QUOTED + " " * MAX_BYTES, "rubric.txt", ""),
        ("", "rubric.txt is empty", r"\$data"),
        (" \n\t\n", "rubric.txt is empty", r"\$data"),
    ],
)
def test_a_file_that_cannot_be_judged_with_is_refused(
    text: str, problem: str, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=problem) as error:
        read_rubric(rubric_file(tmp_path, text))
    assert re.search(remedy, error.value.remedy)


def test_neither_a_rubric_nor_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of lenient, strict, or a file") as error:
        read_rubric("lenint")
    assert error.value.remedy == "Did you mean 'lenient'?"
    with pytest.raises(InputError, match=r"a directory|a folder"):
        read_rubric(tmp_path)


def test_the_signature_has_the_hash_of_the_text_and_not_the_name(tmp_path: Path) -> None:
    digest = hashlib.sha256(BRACED.encode()).hexdigest()
    judge = Judge(Scripted(), read_rubric(rubric_file(tmp_path, BRACED)))
    assert judge.prompt_sha256 == digest
    assert judge.signature == (
        f"j:judge=test:m@0123456789ab,rubric=file,prompt=file/{digest[:12]},texts=verbatim,"
        "temperature=0,cut=4000,asks=3,reply=json|fence|label,missing=wrong"
    )
    moved = tmp_path / "other.txt"
    moved.write_bytes(BRACED.replace("\n", "\r\n").encode())
    assert read_rubric(moved) == read_rubric(tmp_path / "rubric.txt")
    quoted = Judge(Scripted(), read_rubric(rubric_file(tmp_path, QUOTED))).signature
    assert "verbatim" not in quoted


def test_the_judge_is_asked_for_the_key_that_the_prompt_names(tmp_path: Path) -> None:
    model = Scripted(
        '{"reasoning": "", "verdict": "CORRECT"}', '{"reasoning": "It is.", "label": "WRONG"}'
    )
    judge = Judge(model, read_rubric(rubric_file(tmp_path, BRACED)))
    found = asyncio.run(judge.judge(ITEM))
    assert (found.state, found.reasoning) == ("wrong", "It is.")
    first, second = model.requests
    assert first.schema is not None and first.schema["required"] == ["reasoning", "label"]
    assert 'the texts "reasoning" and "label"' in second.replies[0][1]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('{"label": "CORRECT"}', Verdict(True, "")),
        ('```json\n{"label": "wrong"}\n```', Verdict(False, "")),
        ("CORRECT", Verdict(True, "")),
        ('It says {"label": "CORRECT"}', None),
        ('{"reasoning": "", "verdict": "CORRECT"}', None),
        ('{"label": "CORRECT", "label": "WRONG"}', None),
    ],
)
def test_a_label_is_read_as_strictly_as_a_verdict(reply: str, expected: Verdict | None) -> None:
    read = read_verdict(reply, "label")
    assert isinstance(read, Unreadable) if expected is None else read == expected


def test_its_check_has_the_kinds_on_which_both_rubrics_agree() -> None:
    left_out = {kind for kind in KINDS if expected_verdict(kind, "file") is None}
    assert left_out == {"list-subset", "hedged"}


def test_j_and_its_check_by_a_file(tmp_path: Path) -> None:
    """The stub accepts what is the gold answer word for word, as written into the prompt."""
    path = rubric_file(tmp_path, BRACED)

    def respond(body: Any) -> Any:
        text = str(body["messages"][0]["content"])
        lines = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        same = lines.get("Gold answer", "1") == lines.get("Generated answer", "2")
        return completion('{"reasoning": "", "label": "%s"}' % ("CORRECT" if same else "WRONG"))

    first, second = (q for q in lv.load_benchmark("sample").text_questions[:2])
    rows = {first.id: first.answer, second.id: "something else"}
    with stub_server(respond) as stub:
        options: dict[str, Any] = {"rubric": path, "responses": tmp_path / "r", "progress": False}
        check = lv.judge_check(stub.spec(), benchmark="sample", n=2, **options)
        made = check.write(tmp_path / "check.json")
        scores = lv.score(
            rows,
            benchmark="sample",
            metrics=["j"],
            judge=stub.spec(),
            judge_check=made,
            **options,
        )
    kinds = {row["kind"]: row["value"] for row in check.document["kinds"]}
    assert kinds["gold"] == 0 and kinds["other-gold"] == 0 and "list-subset" not in kinds
    assert check.document["rubric"] == "file"
    assert [row.value for row in scores.scores.by_question if row.value is not None][:2] == [100, 0]
    assert scores["j"].signature is not None and "rubric=file,prompt=file/" in scores["j"].signature


def test_rules_read_no_prompt_and_a_board_takes_no_bare_texts(tmp_path: Path) -> None:
    path = rubric_file(tmp_path, BRACED)
    with pytest.raises(InputError, match="a prompt, which the judge of rules doesn't read"):
        lv.score({}, benchmark="sample", judge="rules", rubric=path, progress=False)
    with pytest.raises(InputError, match="a submitted answer could give the judge instructions"):
        lv.verify(
            tmp_path, benchmark="sample", judge="openai:http://127.0.0.1:9/v1?model=x", rubric=path
        )
