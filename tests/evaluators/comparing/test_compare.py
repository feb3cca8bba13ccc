"""`compare`: what it says, what it refuses, and figures that were worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.comparing import compare
from locomo_vqa.evaluators.comparing.believable import believable_sentence
from locomo_vqa.evaluators.comparing.differences import compare_sides
from locomo_vqa.evaluators.comparing.sides import Side, read_side
from locomo_vqa.evaluators.scoring import score
from locomo_vqa.files import sha256_file
from locomo_vqa.schemas import validate
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE, harness, recorder

TEXT = [q for q in SAMPLE.text_questions if q.category != 5]
ALL = [*TEXT, *SAMPLE.visual_questions]


def write(path: Path, answers: dict[str, Any]) -> Path:
    rows = [{"question_id": q, "hypothesis": answer} for q, answer in answers.items()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def side(path: Path, metrics: str = "f1,v", split: Any = "all") -> Side:
    return read_side(path, SAMPLE, split=split, metrics=metrics.split(","))


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    return write(tmp_path / "wrong.jsonl", {q.id: "zzz" for q in ALL})


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """Right in the first six conversations, except for categories 2 to 4; otherwise wrong."""
    first = [f"sample-{n:02}" for n in range(1, 7)]
    return write(
        tmp_path / "half.jsonl",
        {
            q.id: q.answer if q.conversation in first and getattr(q, "category", 1) == 1 else "zzz"
            for q in ALL
        },
    )


@pytest.mark.slow
def test_differences_by_hand(wrong: Path, half: Path) -> None:
    comparison = compare_sides([side(wrong), side(half)], SAMPLE, split="all")
    by_metric = {one.metric: one for one in comparison.metrics}
    v = by_metric["v"]
    visual = SAMPLE.visual_questions
    right = [q for q in visual if q.conversation <= "sample-06"]
    assert v.overall.difference == pytest.approx(100 * len(right) / len(visual))
    assert (v.overall.conversations, v.overall.questions) == (10, len(visual))
    # Six sums have one sign and four are 0: whatever the four signs are, 2 of 64.
    assert v.overall.p == 2 / 64
    assert set(v.groups) == {q.type for q in visual}
    f1 = by_metric["f1"].groups
    assert list(f1) == ["multi-hop", "temporal", "open-domain", "single-hop"]
    assert [f1[name].result.p for name in f1] == [2 / 64, 1, 1, 1]
    # Holm: the least of four p-values is multiplied by 4.
    assert [f1[name].p_holm for name in f1] == [8 / 64, 1, 1, 1]


def test_the_baseline_is_the_first(wrong: Path, half: Path) -> None:
    comparison = compare_sides([side(half), side(wrong)], SAMPLE, split="all", metrics=["v"])
    (one,) = comparison.metrics
    assert one.overall.difference < 0
    assert one.overall.other == 0


def test_what_is_missing_counts(tmp_path: Path, wrong: Path) -> None:
    part = write(tmp_path / "part.jsonl", {q.id: q.answer for q in SAMPLE.visual_questions[:7]})
    comparison = compare_sides([side(wrong, "v"), side(part, "v")], SAMPLE, split="all")
    result = comparison.metrics[0].overall
    number = len(SAMPLE.visual_questions)
    assert result.questions == number
    assert result.difference == pytest.approx(100 * 7 / number)
    assert comparison.sides[1].document["rows"]["missing"] == number - 7


def test_answers_of_other_lengths_are_told(tmp_path: Path, wrong: Path) -> None:
    pair = write(tmp_path / "two.jsonl", {q.id: "z z" for q in TEXT})
    three = write(tmp_path / "three.jsonl", {q.id: "z z z" for q in TEXT})
    for other, expected in ((pair, 0), (three, 1)):
        sides = [side(wrong, "f1"), side(other, "f1")]
        notes = compare_sides(sides, SAMPLE, split="all").notes
        assert sum("answers of similar length" in note for note in notes) == expected


@pytest.mark.slow
def test_a_metric_that_a_side_lacks(tmp_path: Path, wrong: Path, cli: Cli) -> None:
    text = write(tmp_path / "text.jsonl", {q.id: "zzz" for q in TEXT})
    comparison = compare_sides([side(wrong), side(text)], SAMPLE, split="all")
    assert [one.metric for one in comparison.metrics] == ["f1"]
    assert comparison.not_compared == {
        "v": "text.jsonl: No row answers a visual question.",
    }
    done = cli("compare", wrong, text, "--benchmark", "sample", "--metrics", "v")
    assert done.returncode == 2
    assert "V can't be compared. text.jsonl: No row answers a visual question." in done.stderr


def test_a_missing_metric_names_no_setting_of_score() -> None:
    """`compare` has no judge: a J that is not there comes from `score`."""
    ours, theirs = ({q.id: answer for q in TEXT} for answer in ("x", "y"))
    reason = lv.compare(ours, theirs, benchmark=SAMPLE).not_compared["j"]
    assert reason.endswith(
        "J needs the verdicts of a judge model. Score each system with this metric first "
        "(`locomo-vqa score`)."
    )


def test_no_difference_is_not_larger_than_no_noise() -> None:
    answers = {q.id: "x" for q in TEXT}
    (one,) = lv.compare(answers, dict(answers), benchmark=SAMPLE, metrics=["f1"]).metrics
    assert believable_sentence(one).endswith("from conversations; +0.0000 is not larger.")


def test_stored_scores_are_not_computed_again(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    harness(recorder(), folder).run()
    sheet = score(folder, benchmark=SAMPLE, metrics=["f1"])
    sheet.write()
    document = json.loads((folder / "scores.json").read_text())
    document["metrics"]["f1"]["signature"] = "stored"
    (folder / "scores.json").write_text(json.dumps(document))
    taken = side(folder, "f1,v", "test")
    assert taken.document["metrics"]["f1"]["signature"] == "stored"
    assert taken.document["metrics"]["v"]["state"] == "ok"
    assert set(taken.values) == {"f1", "v"}
    # Scores of other predictions are not this run's.
    document["source"]["sha256"] = "0" * 64
    (folder / "scores.json").write_text(json.dumps(document))
    assert side(folder, "f1", "test").document["metrics"]["f1"]["signature"] != "stored"


def test_a_folder_of_scores_is_a_side(tmp_path: Path, wrong: Path, half: Path) -> None:
    score(half, benchmark=SAMPLE, metrics=["v"]).write(tmp_path / "scored")
    left, right = side(wrong, "v"), side(tmp_path / "scored", "v")
    stored = compare_sides([left, right], SAMPLE, split="all").metrics
    assert stored == compare_sides([left, side(half, "v")], SAMPLE, split="all").metrics


def changed(folder: Path, **values: Any) -> None:
    document = json.loads((folder / "scores.json").read_text())
    for key, value in values.items():
        document[key] = {**document[key], **value}
    (folder / "scores.json").write_text(json.dumps(document))


@pytest.mark.slow
def test_what_can_t_be_compared_is_refused(
    tmp_path: Path, wrong: Path, half: Path, cli: Cli
) -> None:
    scored = tmp_path / "scored"
    score(half, benchmark=SAMPLE, metrics=["v"]).write(scored)
    original = (scored / "scores.json").read_text()
    v = json.loads(original)["metrics"]["v"]
    changes: list[tuple[dict[str, Any], str]] = [
        ({"dataset": {"revision": "0" * 64}}, "revision 000000000000; the benchmark sample has"),
        ({"metrics": {"v": {**v, "signature": "v:other"}}}, "V was computed in different ways"),
        ({"metrics": {"v": {**v, "overall": {**v["overall"], "value": 1.0}}}}, "does not match"),
    ]
    for values, message in changes:
        (scored / "scores.json").write_text(original)
        changed(scored, **values)
        done = cli("compare", wrong, scored, "--benchmark", "sample", "--metrics", "v")
        assert done.returncode == 2, message
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    (scored / "scores.json").write_text(original)
    harness(recorder(), tmp_path / "run").run()
    done = cli("compare", "run", scored, "--benchmark", "sample", "--metrics", "v")
    assert done.returncode == 2
    assert "scored: its split is 'all', but the split of run is 'test'." in done.stderr
    done = cli("compare", wrong, half, wrong, "--benchmark", "sample")
    assert (done.returncode, "named twice" in done.stderr) == (2, True)
    done = cli("compare", wrong, "--benchmark", "sample")
    assert (done.returncode, "at least one other system" in done.stderr) == (2, True)
    done = cli("compare", wrong, half, "--benchmark", "sample", "--plot", "x.pdf")
    assert (done.returncode, "must be an SVG or PNG file" in done.stderr) == (2, True)


@pytest.mark.slow
def test_a_run_and_a_file_are_compared_on_the_run_s_split(
    tmp_path: Path, wrong: Path, cli: Cli
) -> None:
    harness(recorder(), tmp_path / "run").run()
    command = ("compare", "run", wrong, "--benchmark", "sample", "--metrics", "v")
    done = cli(*command, "--json", "--out", "made")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document == json.loads((tmp_path / "made" / "comparison.json").read_text())
    validate(document, "comparison", path=tmp_path, remedy="")
    assert document["dataset"]["split"] == "test"
    (one,) = document["comparisons"]
    overall = one["overall"]
    visual = [q for q in questions_of(SAMPLE, "test") if "/v/" in q.id]
    red = sum(q.answer == "red" for q in visual)
    assert overall["difference"] == pytest.approx(-100 * red / len(visual))
    assert (overall["p"], overall["detectable"]) == (None, None)
    assert set(overall["by_conversation"]) == {"sample-09", "sample-10"}
    shown = cli(*command).stdout
    assert "With 2 conversations no p-value can fall below 0.05" in shown
    assert "sample-10" in shown
    assert "detectable" not in shown


@pytest.mark.slow
def test_missing_rows_make_the_status_1(tmp_path: Path, wrong: Path, cli: Cli) -> None:
    part = write(tmp_path / "part.jsonl", {q.id: "zzz" for q in TEXT[:30]})
    done = cli("compare", wrong, part, "--benchmark", "sample", "--metrics", "f1")
    assert done.returncode == 1
    assert f"part.jsonl: 30 matched, {len(TEXT) - 30} missing" in done.stdout


@pytest.mark.slow
def test_the_plot_has_a_panel_a_metric_and_the_same_bytes_each_time(
    tmp_path: Path, wrong: Path, half: Path
) -> None:
    from PIL import Image

    heights = []
    path = tmp_path / "plot.png"
    for metrics in ("v", "v,f1"):
        comparison = compare(wrong, half, benchmark=SAMPLE, metrics=metrics.split(","))
        figure = comparison.plot(path)
        assert len(figure.axes) == len(metrics.split(","))
        with Image.open(path) as image:
            assert (image.format, image.width) == ("PNG", 1080)
            heights.append(image.height)
            colours = image.convert("RGB").getcolors(1 << 20)
            assert colours is not None
            # Okabe and Ito's blue, #0072b2.
            assert (0, 114, 178) in {colour for _, colour in colours}
    assert heights[1] > heights[0]
    before = sha256_file(path)
    comparison.plot(path)
    assert sha256_file(path) == before
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_an_svg_has_its_figures_as_text(tmp_path: Path, wrong: Path, half: Path) -> None:
    """Names are shown letter by letter: `$` starts no formula, `<` no element."""
    strange = half.rename(tmp_path / "$a_1$ <b>.jsonl")
    comparison = compare(wrong, strange, benchmark=SAMPLE, metrics=["v"])
    comparison.plot(tmp_path / "plot.svg")
    text = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert "$a_1$ &lt;b&gt;.jsonl" in text
    (one,) = comparison.metrics
    assert f"{one.overall.difference:+.1f}" in text
    assert "all questions" in text and "Date" not in text.replace("<dc:date>", "")
    first = sha256_file(tmp_path / "plot.svg")
    comparison.plot(tmp_path / "plot.svg")
    assert sha256_file(tmp_path / "plot.svg") == first


def test_a_comparison_from_python(wrong: Path, half: Path) -> None:
    """Dicts and reports are sides too; the frame has the figures of `differences_by_hand`."""
    answers = {q.id: "zzz" for q in SAMPLE.visual_questions}
    report = score(half, benchmark=SAMPLE, metrics=["v"], progress=False)
    comparison = compare(answers, report, metrics=["v"])
    frame = comparison.to_frame()
    whole = frame[frame["group"] == "all questions"].iloc[0]
    right = [q for q in SAMPLE.visual_questions if q.conversation <= "sample-06"]
    assert whole["difference"] == pytest.approx(100 * len(right) / len(SAMPLE.visual_questions))
    assert (whole["p"], whole["baseline"], whole["system"]) == (
        2 / 64,
        "predictions A",
        "half.jsonl",
    )
    assert set(frame["group"]) == {"all questions", *(q.type for q in right)}
    html = comparison._repr_html_()
    assert "<td" in html and "half.jsonl" in html and "Differences from predictions A" in html
    assert repr(comparison) == "<Comparison of half.jsonl with predictions A by v>"


@pytest.mark.parametrize(
    ("wrong_argument", "message"),
    [({"split": "tst"}, "`split` must be one of"), ({"metrics": ["vv"]}, "`metrics` may contain")],
)
def test_a_wrong_argument_is_refused_first(wrong_argument: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare("nowhere", "elsewhere", **wrong_argument)
