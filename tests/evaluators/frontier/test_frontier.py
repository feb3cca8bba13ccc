"""`frontier`: real runs of systems that know some gold answers, and say what they cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.frontier.dominance import dominances, verdict_of
from locomo_vqa.evaluators.frontier.points import operating_points
from locomo_vqa.files import sha256_file, write_json, write_jsonl
from locomo_vqa.run_seal import sealed
from locomo_vqa.runs import read_run
from locomo_vqa.schemas import validate
from locomo_vqa.statistics.paired import PairedDifference, paired_difference
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE

GOLD = {q.question: q.answer for q in SAMPLE.text_questions if q.category != 5}
ORDER = {question: number for number, question in enumerate(GOLD, 1)}
CONVERSATIONS = len({q.conversation for q in SAMPLE.text_questions})


class Knows:
    """Answers every `step`-th question with the gold answer, the others wrongly."""

    version = "1"
    step, tokens = 1, 0

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Begin."""

    def add(self, turns: Any) -> None:
        """Read nothing."""

    def answer(self, question: str, *, now: Any) -> lv.Answer:
        known = question in ORDER and ORDER[question] % self.step == 0
        text = str(GOLD[question]) if known else "zzz"
        return lv.Answer(text=text, context_tokens=self.tokens)


def system(name: str, step: int, tokens: int) -> type[Knows]:
    """Return a class that no other process can import, so that it runs in this one."""
    return type(name, (Knows,), {"step": step, "tokens": tokens, "__qualname__": f"<{name}>"})


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> lv.Run:
    return lv.run(
        system("Half", 2, 10),
        benchmark=SAMPLE,
        split="all",
        images="none",
        limit=4,
        out=tmp_path_factory.mktemp("half") / "Half",
        progress=False,
    )


def changed(run: lv.Run, folder: Path, known: type[Knows], **info: Any) -> lv.Run:
    """Write the run that another system would have made, and read it."""
    name, answers = known.__name__, known()
    folder.mkdir()
    texts = {question.id: question.question for question in SAMPLE.text_questions}
    given = {id: answers.answer(text, now=None) for id, text in texts.items()}
    write_jsonl(
        folder / "predictions.jsonl",
        [
            replace(row, prediction=new.text, context_tokens=new.context_tokens).to_row()
            if (new := given.get(row.question_id)) is not None
            else row.to_row()
            for row in run.predictions
        ],
    )
    files = {"predictions.jsonl": sha256_file(folder / "predictions.jsonl")}
    made = {**run.info, "system": {**run.info["system"], "name": name}, "files": files, **info}
    write_json(folder / "run.json", sealed(made))
    return read_run(folder)


@pytest.fixture(scope="module")
def runs(half: lv.Run, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, lv.Run]:
    folder = tmp_path_factory.mktemp("frontier")
    others = (system("SameForMore", 2, 20), system("Whole", 1, 100), system("Nothing", 10**9, 100))
    return {
        "Half": half,
        **{each.__name__: changed(half, folder / each.__name__, each) for each in others},
    }


@pytest.fixture(scope="module")
def made(runs: Mapping[str, lv.Run]) -> lv.Frontier:
    return lv.frontier(*runs.values(), metric="f1", progress=False)


def test_dominated_runs_are_named_and_told_from_noise(made: lv.Frontier) -> None:
    assert CONVERSATIONS >= 6
    rows = {row["run"]: row for row in made.to_frame().to_dict("records")}
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "Half": "frontier",
        "SameForMore": "within_noise",
        "Whole": "frontier",
        "Nothing": "dominated",
    }
    assert rows["SameForMore"]["dominated_by"] == "Half"
    assert (rows["SameForMore"]["difference"], rows["SameForMore"]["p"]) == (0, 1)
    assert rows["Nothing"]["dominated_by"] == "Whole"
    assert rows["Nothing"]["p"] == 2 / 2**CONVERSATIONS
    assert {name: row["cost"] for name, row in rows.items()} == {
        **{"Half": 10, "SameForMore": 20, "Whole": 100, "Nothing": 100},
    }


def test_a_score_is_that_of_score_and_compare(
    made: lv.Frontier, runs: Mapping[str, lv.Run]
) -> None:
    by_name = {run.name: run for run in made.runs}
    for name, run in runs.items():
        known = lv.score(run, metrics=["f1"], progress=False)["f1"]
        assert by_name[name].score == pytest.approx(known.value)
        assert by_name[name].interval == known.interval
    pair = lv.compare(runs["Nothing"], runs["Half"], metrics=["f1"], progress=False)
    found = {made.runs[one.by].name: one for one in made.dominances if one.run == 3}
    assert found["Half"].p == pair.metrics[0].overall.p
    # Four pairs are tested, of which three have the smallest possible p-value: each counts four
    # times, as none may be below the one before it.
    assert {one.p for one in found.values()} == {2 / 2**CONVERSATIONS}
    assert {one.p_holm for one in found.values()} == {4 * 2 / 2**CONVERSATIONS}


def test_the_document_is_valid_and_the_plot_is_a_picture(made: lv.Frontier, tmp_path: Path) -> None:
    validate(made.to_json(), "frontier", path=tmp_path, remedy="")
    for name in ("plot.svg", "plot.png"):
        made.plot(tmp_path / name)
    words = (tmp_path / "plot.svg").read_text()
    for text in ("F1 against tokens of memory per question", "SameForMore", "best score"):
        assert text in words
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    again = made.plot(tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text() == words
    assert again._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_the_command_prints_the_table(runs: Mapping[str, lv.Run], cli: Cli, tmp_path: Path) -> None:
    folders = [str(run.folder) for run in runs.values()]
    done = cli("frontier", *folders, "--metric", "f1", "--plot", "plot.svg")
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert any(line.startswith("Nothing dominated no limit 100.0 0.000 ") for line in lines), lines
    assert "SameForMore is dominated by Half, but within noise: +0.000 F1 (p 1.000)." in lines
    assert (tmp_path / "plot.svg").is_file()
    document = json.loads(cli("frontier", *folders, "--x", "latency", "--json").stdout)
    assert (document["x"], document["metric"]) == ("latency", "f1")


def test_a_cost_that_is_not_known_is_refused(runs: Mapping[str, lv.Run]) -> None:
    for x, words in (("price", "price"), ("input_tokens", "number of input tokens")):
        with pytest.raises(InputError, match=f"its {words} is not known"):
            lv.frontier(*runs.values(), metric="f1", x=x, progress=False)  # type: ignore[arg-type]


def test_runs_on_other_questions_are_refused(half: lv.Run, tmp_path: Path) -> None:
    data = half.info["dataset"]
    whole = system("Whole", 1, 100)
    other = changed(half, tmp_path / "split", whole, dataset={**data, "split": "test"})
    with pytest.raises(InputError, match=r"its split is test, but that of Half is all"):
        lv.frontier(half, other, progress=False)
    trial = changed(half, tmp_path / "limit", whole, limit=2)
    with pytest.raises(InputError, match=r"its limit is 2, but that of Half is 4"):
        lv.frontier(half, trial, progress=False)
    foreign = changed(half, tmp_path / "data", whole, dataset={**data, "revision": "0" * 64})
    with pytest.raises(InputError, match=r"its benchmark is sample \(0{12}\), but that of Half"):
        lv.frontier(half, foreign, progress=False)


def test_what_makes_no_frontier_is_refused(runs: Mapping[str, lv.Run]) -> None:
    half, whole = runs["Half"], runs["Whole"]
    with pytest.raises(InputError, match="from 2 to 200 runs, not 1"):
        lv.frontier(half, progress=False)
    with pytest.raises(InputError, match="named twice"):
        lv.frontier(half, half.folder, progress=False)
    with pytest.raises(InputError, match="`metric` must be one of"):
        lv.frontier(half, whole, metric="f2", progress=False)
    with pytest.raises(InputError, match=r"it has no J\."):
        lv.frontier(half, whole, metric="j", progress=False)


def paired(low: float, high: float, groups: int) -> PairedDifference:
    def side(value: float) -> dict[str, dict[str, float]]:
        return {str(number): {"q": value} for number in range(groups)}

    return paired_difference(side(low), side(high))


def test_ties_do_not_dominate_each_other() -> None:
    scores, costs = [0.5, 0.5, 0.4, 0.6], [10.0, 10.0, 10.0, 20.0]
    found = dominances(scores, costs, lambda run, by: paired(scores[run], scores[by], 8))
    assert {(one.run, one.by) for one in found} == {(2, 0), (2, 1)}
    # Eight conversations that all differ alike: 2 / 2 ** 8, of two pairs.
    assert {one.p_holm for one in found} == {2 * 2 / 256}
    assert [verdict_of(run, found) for run in range(4)] == [
        *("frontier", "frontier", "dominated", "frontier"),
    ]


def test_too_few_conversations_are_within_noise() -> None:
    scores, costs = [0.0, 1.0], [10.0, 10.0]
    found = dominances(scores, costs, lambda run, by: paired(scores[run], scores[by], 5))
    assert [one.p_holm for one in found] == [None]
    assert verdict_of(0, found) == "within_noise"


def info(**changes: Any) -> dict[str, Any]:
    return {
        "system": {"name": "bm25", "version": "1"},
        "answerer": {"model": "m"},
        "image_handling": "none",
        "options": [],
        **changes,
    }


def test_operating_points_differ_in_budget_or_passages_alone() -> None:
    infos = [
        info(context={"tokens": 64}, top_k=10),
        info(context={"tokens": 4096}, top_k=40),
        info(context={"tokens": None}, top_k=40),
        info(context={"tokens": None}, options=["top_k=5"]),
        info(answerer={"model": "other"}),
    ]
    folders = [Path(f"run-{number}") for number in range(len(infos))]
    systems, points = operating_points(infos, folders)
    assert systems == ["bm25 (m)"] * 4 + ["bm25 (other)"]
    assert points == ["64", "4k", "top 40", "no limit", "no limit"]
