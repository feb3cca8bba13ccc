"""What `reproduce` would run: every row of every table, without asking a model."""

from __future__ import annotations

import html
import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.cli.step_commands import command_of
from locomo_vqa.evaluators.reproducing.deviations import STATUSES, all_deviations
from locomo_vqa.evaluators.reproducing.finished import STEPS_FILE, FinishedSteps
from locomo_vqa.evaluators.reproducing.paper import TABLES, load_paper
from locomo_vqa.evaluators.reproducing.reproduced_row import Figure, ReproducedRow
from locomo_vqa.evaluators.reproducing.row_plan import RowPlan
from locomo_vqa.evaluators.reproducing.sizes import has_locomo, locomo_sizes, merged, sizes_of
from locomo_vqa.evaluators.reproducing.steps import Step
from locomo_vqa.leaderboard import reported_rows
from locomo_vqa.schemas import validate
from tests.conftest import ROOT, SHARED, Cli
from tests.evaluators.reproducing.parsing import commands_of, folders_of, parse

FACTS = SHARED / "data" / "paper_tables.json"
ROWS = {"1": 8, "2": 6, "3": 6, "4": 7, "5": 6, "A6": 2, "A7": 6, "E8": 7, "E9": 8}
SYSTEMS = {"Mem0": "mem0", "MemLoRA": "memlora", "Mem0-V": "mem0-v", "MemLoRA-V": "memlora-v"}
SYSTEMS["Mem0 (BLIP captions)"] = "mem0-captions"


def printed(table: str, system: str, model: str, *, teacher: str | None = None) -> dict[str, float]:
    """Return the figures of the one row that fits."""
    found = [
        row.values
        for row in load_paper().tables[table].rows
        if (row.system, row.model) == (system, model) and teacher in (None, row.teacher)
    ]
    assert len(found) == 1
    return dict(found[0])


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    if not FACTS.is_file():
        pytest.skip("the facts of the paper are not here")
    loaded: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return loaded


def test_scores_are_those_of_the_paper(facts: dict[str, Any]) -> None:
    for row in facts["results"]:
        teacher = row["teacher"] and row["teacher"].split(" / ")[0]
        found = printed(row["table"], SYSTEMS[row["system"]], row["model"], teacher=teacher)
        expected = {name.lower(): row[name] for name in "LJV" if row[name] is not None}
        assert found == expected


def test_sizes_tokens_and_stages_are_those_of_the_paper(facts: dict[str, Any]) -> None:
    for row in facts["efficiency_table_3"]:
        model, _, experts = row.pop("model").partition(" + ")
        assert printed("3", "memlora" if experts else "mem0", model) == {
            name.replace("size_gb", "size_gib"): value for name, value in row.items()
        }
    for table, key, way in (
        ("A6", "input_tokens_table_A6", "input"),
        ("A7", "output_tokens_table_A7", "output"),
    ):
        for row in facts[key]:
            model = row.get("model", "Gemma2-2B")
            assert printed(table, row["system"].lower(), model) == {
                f"{way}_{stage}": row[stage] for stage in ("extraction", "update")
            }
    for row, ours in zip(facts["ablation_table_4"], load_paper().tables["4"].rows, strict=True):
        assert dict(ours.values) == {"l": row["L"], "j": row["J"]}


def test_scores_are_those_of_the_boards_reported_numbers() -> None:
    """The board has the same facts in a file of its own."""
    rows = [row for row in reported_rows() if "2512.04763" in row.url]
    assert len(rows) > 40
    for row in rows:
        if row.table == "4":  # Its models are a sentence there.
            continue
        teacher = row.teacher and row.teacher.split(" / ")[0]
        found = printed(row.table, SYSTEMS[row.system], str(row.model), teacher=teacher)
        assert found[row.metric] == row.value


@pytest.mark.parametrize("number", TABLES)
def test_every_row_is_planned_and_its_commands_are_the_calls(number: str) -> None:
    made = lv.reproduce(number.lower(), dry_run=True, progress=False)
    assert len(made.rows) == ROWS[number]
    validate(made.to_json(), "paper_table", path=Path("made"), remedy="")
    for row in made.rows:
        assert row.state == "not_run"
        assert row.ours == {}
        assert row.reason is not None
        assert row.reason.startswith("no model is given for")
        assert row.cost.calls > 500
        for step in row.plan.steps:
            assert_same(step)


def assert_same(step: Step) -> None:
    """Check that the command line reads a step's command as the step's arguments."""
    name, read = parse(command_of(step))
    assert name.replace(" ", "_") in (step.call, step.call.replace("run", "build_run"))
    for argument, value in step.named.items():
        got = read[argument]
        if argument == "options":
            got = dict(option.split("=", 1) for option in got)
        elif isinstance(got, tuple):
            got = list(got) if isinstance(value, list) else got[0]
        elif isinstance(got, Path):
            got = str(got)
        assert got == value, argument


def test_what_no_row_needs_to_make_twice_is_counted_once() -> None:
    """Rows 4 and 5 of table 4 train the same experts; row 7 is table 1's."""
    made = lv.reproduce("4", dry_run=True, only=["5", "6"], progress=False)
    first, second = (row.plan for row in made.rows)
    assert first.steps[0].key == second.steps[0].key
    assert first.folder != second.folder
    alone = lv.reproduce("4", dry_run=True, only="5", progress=False)
    assert made.cost.calls == alone.cost.calls + 552 * 2 + 400 + 314
    one = lv.reproduce("1", dry_run=True, only="7", progress=False)
    seven = lv.reproduce("4", dry_run=True, only="7", progress=False)
    assert [s.key for s in one.rows[0].plan.steps] == [s.key for s in seven.rows[0].plan.steps]


def test_the_cost_is_that_of_a_hand_calculation() -> None:
    """Of Gemma2-27B on the test split: 552 windows in two stores, 400 questions, 314 verdicts."""
    made = lv.reproduce("1", dry_run=True, only="Gemma2-27B", progress=False)
    run, judge = made.cost.parts
    assert run.calls == 2 * 552 * 2 + 400
    assert run.tokens_in == pytest.approx(1104 * (756.94 + 1734.62) + 400 * (60 * 16 + 200))
    assert run.tokens_out == pytest.approx(1104 * (30.94 + 238.71) + 400 * 10)
    assert run.hours == pytest.approx(2608 * 10.66 / 3600)
    assert (judge.calls, judge.tokens_in) == (314, 314 * 320)
    assert judge.hours == pytest.approx(314 * 22.82 / 3600)


def test_a_price_is_that_of_the_table_of_prices() -> None:
    name = "openai:https://api.openai.com/v1?model=gpt-4o-mini"
    models = {"Gemma2-27B": name}
    made = lv.reproduce(
        "1", dry_run=True, models=models, judge="rules", only="Gemma2-27B", progress=False
    )
    (run,) = made.cost.parts
    expected = (run.tokens_in * 0.15 + run.tokens_out * 0.60) / 1e6
    assert run.dollars == pytest.approx(expected, rel=1e-4)
    assert made.cost.hours is None


def test_every_choice_has_a_status_and_tables() -> None:
    names = [each.name for each in all_deviations()]
    assert len(set(names)) == len(names)
    for each in all_deviations():
        assert each.status in STATUSES
        assert set(each.tables) <= set(TABLES)
    for number in TABLES:
        named = {each.name for each in all_deviations() if number in each.tables}
        assert {"split", "Mem0's prompts", "retrieved memories", "stores"} <= named


def test_e9_names_the_conflict() -> None:
    made = lv.reproduce("E9", dry_run=True, progress=False)
    (row,) = [row for row in made.rows if row.plan.row.label.startswith("Qwen2.5-1.5B +")]
    assert row.plan.row.values["j"] == 36.9
    assert "36.6" in (row.plan.row.note or "")
    assert any(each.status == "conflict" for each in made.deviations)


def test_a_dry_run_prints_rows_costs_commands_and_choices(cli: Cli, tmp_path: Path) -> None:
    done = cli("reproduce", "2", "--dry-run")
    assert done.returncode == 0, done.stderr
    for text in (
        "38.6 / 39.1 / 23.7",
        "locomo-vqa distill memlora",
        "lmdeploy serve",
        "assumption",
    ):
        assert text in done.stdout
    as_json = json.loads(cli("reproduce", "2", "--dry-run", "--json").stdout)
    words = shlex.split(as_json["rows"][0]["steps"][0]["command"])
    assert parse(words[1:])[0] == "run"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("6",), "Did you mean A6?"),
        (("12",), "1, 2, 3, 4, 5, A6, A7, E8, E9"),
        (("1", "--only", "9"), "has no row '9'"),
        (("1", "--only", "Gemma-2B"), "Did you mean Gemma2-2B?"),
        (("1", "--model", "Gemma3-27B=embedded:student"), "Did you mean Gemma2-27B?"),
        (("1", "--model", "Gemma2-27B"), "NAME=MODEL"),
        (("1", "--model", "Gemma2-27B=opnai:x"), "Did you mean openai?"),
        (("1", "--model", "Gemma2-27B=openai:http://127.0.0.1:9/v1"), "model="),
        (("1", "--model", "Gemma2-27B=embedded:text-lrge"), "Did you mean text-large?"),
        (("1", "--model", "Gemma-2=embedded:student"), "Error: --model: the paper has no model"),
        (("1", "--model", "Gemma2-27B=embeded:x"), "Error: --model embeded:x: is not a model's"),
        (("1", "--model", "A=x", "--model", "a=y"), "--model: a is given twice"),
        (("1", "--models", "missing.toml"), "missing.toml"),
        (("1", "--judge", "rule"), "Did you mean rules?"),
        (("1", "--dry-run", "--rubric", "leniant"), "Did you mean 'lenient'?"),
        (("1", "--dry-run", "--prompts", "nowhere"), "is not a folder"),
        (("1", "--dry-run", "--embedder", "minlm"), "Did you mean 'minilm'?"),
        (("1", "--dry-run", "--workers", "rays"), "--workers"),
        (("5", "--embedded", "--workers", "ray:127.0.0.1:1"), "No Ray cluster answers at 127"),
        (("1", "--dry-run", "--l-models", "nowhere"), "--l-models nowhere: is not a folder"),
        (("1",), "Give --model, or use --embedded; --dry-run shows what would run."),
        (("1", "--embedded", "--benchmark", "nowhere"), "nowhere"),
    ],
)
def test_wrong_input_is_refused_before_anything(
    cli: Cli, tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    done = cli("reproduce", *words)
    assert done.returncode == 2
    assert expected in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_cluster_is_looked_for_before_any_row(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray looks for one among all processes of the machine, so what it finds is set here."""
    ray = pytest.importorskip("ray")

    def init(**_: Any) -> None:
        raise ConnectionError("Could not find any running Ray instance.")

    monkeypatch.setattr(ray, "init", init)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    done = cli("reproduce", "5", "--embedded", "--workers", "ray:auto")
    assert done.returncode == 2
    assert "ray:auto: the cluster can't be used (Could not find any running Ray" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_prompts_and_a_rubric_are_checked_before_anything(
    cli: Cli, tmp_path: Path
) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "extrct.txt").write_text("$turns")
    rubric = tmp_path / "rubric.txt"
    rubric.write_text('$data\nReply {"verdict": "CORRECT"} or {"verdict": "WRONG"}.')
    misnamed = cli("reproduce", "2", "--embedded", "--prompts", str(folder))
    assert (misnamed.returncode, misnamed.stderr.splitlines()[1][:25]) == (
        2,
        "Did you mean extract.txt?",
    )
    assert misnamed.stderr.startswith("Error: --prompts: ")
    unread = cli("reproduce", "2", "--embedded", "--rubric", str(rubric))
    assert unread.returncode == 2
    assert "which the judge of rules doesn't read" in unread.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prompts", "rubric.txt"]


def test_settings_of_a_run_are_in_its_command() -> None:
    """The budget is for all of them together, so that no single command has it."""
    settings: dict[str, Any] = {"jobs": 3, "limit": 4, "retry_failed": True}
    paid: dict[str, Any] = {"budget": 1.5, "prices": None}
    made = lv.reproduce("4", dry_run=True, workers="asyncio", progress=False, **settings, **paid)
    for row in made.rows:
        for step in row.plan.steps:
            assert_same(step)
        run = row.plan.steps[-2]
        assert {**run.arguments, **settings, "workers": "asyncio"} == run.arguments
        assert "budget" not in run.arguments


def test_a_budget_that_cannot_be_kept_is_refused_before_anything(cli: Cli, tmp_path: Path) -> None:
    unpriced = "Gemma2-27B=openai:http://127.0.0.1:9/v1?model=x&key=none"
    for words, error in (
        (("5", "--embedded"), "--budget: these rows make no calls to an endpoint."),
        (
            ("1", "--only", "1", "--benchmark", "sample", "--model", unpriced),
            "--budget can't be kept: no price is known for x at 127.0.0.1:9",
        ),
        (
            ("4", "--embedded", "--only", "2", "--model", unpriced),
            "No row can be run: --budget can't be kept: the calls of its stages to Gemma2-27B are",
        ),
    ):
        done = cli("reproduce", *words, "--budget", "5")
        assert done.returncode == 2
        assert done.stderr.startswith(f"Error: {error}")
    assert list(tmp_path.iterdir()) == []


def test_rows_with_the_same_reason_share_a_sentence(cli: Cli) -> None:
    served = "openai:http://127.0.0.1:9/v1?model=x"
    models = (f"Gemma2-27B={served}", f"Gemma2-2B={served}")
    done = cli("reproduce", "4", "--dry-run", *(w for m in models for w in ("--model", m)))
    assert "Rows 1, 2, 3 and 4 stay blank: the benchmark folder locomo is not found" in done.stdout
    assert "Rows 5, 6 and 7 stay blank: experts are trained for transformers:" in done.stdout
    blank = cli("reproduce", "A6", "--dry-run").stdout
    assert "rows stay blank: Gemma2-2B (rows 1 and 2), Gemma2-27B (row 2)." in blank


def test_a_difference_is_ours_minus_the_papers_where_they_compare() -> None:
    (row,) = lv.reproduce("1", dry_run=True, only="1", progress=False).rows
    ours = replace(row, ours={"l": Figure(value=40.0), "j": Figure(value=None, reason="no judge")})
    assert ours.difference("l") == pytest.approx(1.4)
    assert ours.difference("j") is None
    assert ours.plan.is_papers
    assert replace(ours, not_comparable=("the sample is not LoCoMo",)).difference("l") is None


def test_a_difference_is_shown_only_of_what_measures_the_same() -> None:
    def row(**settings: Any) -> ReproducedRow:
        (planned,) = lv.reproduce("1", dry_run=True, only="1", progress=False, **settings).rows
        return replace(planned, ours={"l": Figure(value=40.0), "j": Figure(value=40.0)})

    shown = row()
    assert [shown.difference(name) for name in "lj"] == pytest.approx([1.4, 0.9])
    assert shown.without_difference == []
    other = row(judge="rules", l_preset="minilm")
    assert [other.difference(name) for name in "lj"] == [None, None]
    assert other.without_difference == [
        "no difference of L is shown, because its BERTScore is that of the preset minilm.",
        "no difference of J is shown, because its judge is not GPT-OSS-120B.",
    ]
    strict = row(rubric="strict")
    assert [strict.difference(name) is None for name in "lj"] == [False, True]


def test_locomo_is_known_by_its_conversations_and_questions() -> None:
    assert has_locomo(locomo_sizes())
    assert not has_locomo(sizes_of(lv.load_benchmark("sample")))
    parts = locomo_sizes()
    whole = {"all": merged(list(parts.values()))}
    assert has_locomo(whole), "other splits are LoCoMo's, too"
    without = {**parts, "test": replace(parts["test"], text_questions=399)}
    assert not has_locomo(without)


def test_a_student_that_is_named_gets_experts_of_its_own() -> None:
    def plans(**models: str) -> list[RowPlan]:
        made = lv.reproduce(
            "4", dry_run=True, embedded=True, models=models, only=["5", "7"], progress=False
        )
        return [row.plan for row in made.rows]

    named = plans(**{"Gemma2-2B": "embedded:student"})
    assert [[step.call for step in plan.steps] for plan in named] == [
        ["distill_memlora", "run", "score"]
    ] * 2
    taught, run, _ = named[0].steps
    assert taught.arguments["teacher"] == "embedded:text-large"
    assert run.arguments["options"] == {
        "experts": f"{taught.arguments['out']}/experts",
        "update": "base",
        "generation": "base",
    }
    for step in named[0].steps:
        assert_same(step)
    others = plans()
    assert [[step.call for step in plan.steps] for plan in others] == [["run", "score"]] * 2
    assert others[0].steps[0].arguments["options"]["experts"] == "sample"
    assert others[0].folder != named[0].folder


def test_experts_with_and_without_vision_have_folders_of_their_own() -> None:
    models = dict.fromkeys(("Gemma2-2B", "InternVL3-1B"), "embedded:student")
    settings: dict[str, Any] = {"dry_run": True, "embedded": True, "progress": False}
    (text,) = lv.reproduce("1", only="7", models=models, **settings).rows
    (visual,) = lv.reproduce("2", only="4", models=models, **settings).rows
    folders = {row.plan.steps[0].arguments["out"] for row in (text, visual)}
    assert len(folders) == 2
    assert "vision_target" not in text.plan.steps[0].arguments
    assert visual.plan.steps[0].arguments["vision_target"] == "answer"
    assert_same(visual.plan.steps[0])
    (papers,) = lv.reproduce("2", only="4", dry_run=True, progress=False).rows
    assert "vision_target" not in papers.plan.steps[0].arguments


def test_what_takes_the_part_of_the_papers_models_is_named() -> None:
    def said(table: str, **settings: Any) -> tuple[str, str]:
        made = lv.reproduce(table, dry_run=True, progress=False, **settings)
        shown = html.unescape(made._repr_html_())
        assert all(sentence in shown for sentence in made.stand_ins)
        return made.ours_title, " ".join(made.stand_ins)

    assert said("4") == ("ours", "")
    title, text = said("4", embedded=True)
    assert title == "stand-in"
    assert text.startswith("Embedded models take the part")
    assert "come with `embedded:student`, and none is trained" in text
    assert "the preset `minilm`, and J has the verdicts of rules." in text
    served = {"Gemma2-27B": "openai:http://127.0.0.1:9/v1?model=gemma-2-27b-it"}
    title, text = said("1", embedded=True, models=served, embedder="minilm")
    assert title == "ours or stand-in"
    assert text.startswith("In rows 2, 3, 4, 5, 6, 7 and 8, embedded models take the part")
    assert "(one store without times, 10 memories an answer, 8 an update, reduced prompts)" in text
    _, text = said("A6", embedded=True, models={"Gemma2-2B": "embedded:student"})
    assert "Experts" not in text
    assert "verdicts" not in text
    _, text = said("2", embedded=True, models={"InternVL3-1B": "embedded:student"})
    assert "Vision experts that are trained learn the answer without its reason." in text


@pytest.mark.parametrize("text", ["[]\n", '{"other": 1}\n', '"step"\n', '{"step": "x"}\n{"st'])
def test_a_strange_list_of_finished_steps_names_none(tmp_path: Path, text: str) -> None:
    (tmp_path / STEPS_FILE).write_text(text, encoding="utf-8")
    made = lv.reproduce("A6", dry_run=True, out=tmp_path, progress=False)
    assert made.left.calls == made.cost.calls
    with FinishedSteps(tmp_path) as finished:
        assert not finished.has(made.rows[0].plan.steps[0])


def test_a_notebook_shows_the_table() -> None:
    made = lv.reproduce("2", dry_run=True, progress=False)
    shown = made._repr_html_()
    assert "V, paper" in shown
    assert "81.3" in shown
    assert "0 of 6 rows" in repr(made)


def test_models_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text('[models]\n"gemma2-27b" = "embedded:text-large"\n', encoding="utf-8")
    made = lv.reproduce("1", dry_run=True, models=file, benchmark="sample", progress=False)
    assert [row.plan.problem is None for row in made.rows] == [True, *[False] * 7]
    file.write_text('[model]\n"Gemma2-27B" = "embedded:text-large"\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"must have one table, \[models\]"):
        lv.reproduce("1", dry_run=True, models=file, progress=False)


def test_an_error_names_the_option_that_gave_the_model(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text('[models]\n"Gemma2-27B" = "gemma"\n')
    listed = cli("reproduce", "1", "--models", "models.toml")
    assert (listed.returncode, listed.stderr.splitlines()[0]) == (
        2,
        "Error: --models gemma: is not a model's name.",
    )
    given = cli("reproduce", "1", LOCOMO_VQA_REPRODUCE_MODEL="Gemma2-27B=gemma")
    assert given.stderr.splitlines()[0] == "Error: --model gemma: is not a model's name."


@pytest.mark.parametrize("text", ["Gemma:{}", "{}&x=1", "{}"])
def test_a_model_in_the_wrong_form_is_shown_without_its_password(text: str, cli: Cli) -> None:
    done = cli("reproduce", "1", "--model", text.format("openai:http://ada:l0velace@host/v1"))
    assert done.returncode == 2
    assert "host/v1" in done.stderr
    assert "l0velace" not in done.stderr


def test_the_remedy_fits_what_keeps_rows_from_running(cli: Cli) -> None:
    served = "Gemma2-2B=openai:http://127.0.0.1:9/v1?model=x"
    untrained = cli("reproduce", "A6", "--embedded", "--model", served, "--only", "2")
    assert untrained.returncode == 2
    assert untrained.stderr.splitlines()[1] == "Give one for Gemma2-2B with --model."
    unbuilt = cli("reproduce", "A6", "--model", served, "--only", "1")
    assert unbuilt.stderr.splitlines() == [
        "Error: No row can be run: the benchmark folder locomo is not found.",
        "The first commands that --dry-run shows make it; or name another --benchmark.",
    ]


def test_a_plan_of_embedded_models_says_whose_choices_it_lists(cli: Cli) -> None:
    embedded = cli("reproduce", "A6", "--embedded", "--dry-run").stdout
    assert "The choices behind the figures of runs with the paper's models:" in embedded
    assert "A100" not in embedded
    plain = cli("reproduce", "A6", "--dry-run").stdout
    assert "The choices behind" not in plain
    assert "on one A100" in plain


def test_experts_need_a_model_that_can_be_trained() -> None:
    served = "openai:http://127.0.0.1:9/v1?model=gemma-2-2b-it"
    models = {"Gemma2-2B": served, "Gemma2-27B": "embedded:text-large"}
    made = lv.reproduce("A6", dry_run=True, models=models, benchmark="sample", progress=False)
    assert [row.plan.problem is None for row in made.rows] == [True, False]
    assert "experts are trained for transformers: models" in str(made.rows[1].plan.problem)


def test_every_command_of_the_page_parses() -> None:
    commands = list(commands_of(ROOT / "docs" / "paper.md"))
    assert len(commands) > 60
    for words in commands:
        parse(words)


def test_every_command_of_the_page_reads_what_an_earlier_one_writes() -> None:
    written: set[str] = set()
    for words in commands_of(ROOT / "docs" / "paper.md"):
        if words[0] != "reproduce":
            read, made = folders_of(*parse(words))
            assert read <= written, f"{' '.join(words)}: reads {read - written}"
            written |= made


def test_the_commands_of_the_cluster_page_parse() -> None:
    commands = list(commands_of(ROOT / "docs" / "cluster.md"))
    assert [words[0] for words in commands] == ["build", "run", "build"]
    for words in commands:
        assert parse(words)[1]["workers"] == "ray"


@pytest.mark.parametrize(
    "words",
    [
        "run mem0 --benchmark locomo --benchmrk x",
        "run mem0 --benchmark locomo --split tests",
        "run mem0 --benchmark locomo --model embedded:student --option windwo=2",
        "run mem0 --benchmark locomo --model embedded:student --option stores=speakers",
        "distill memlora --benchmark locomo --student transformrs:x --out o",
        "reproduc 2",
        "reproduce 22",
        "reproduce 4 --model Gemma-2B=embedded:student",
        "run mem1 --benchmark locomo --model embedded:student",
        "run memlora --benchmark locomo --model embedded:student --option updates=base",
        "score runs/a --benchmark locomo --rubric lenent",
        "build run papers --locomo locomo10.json",
    ],
)
def test_a_wrong_command_does_not_parse(words: str) -> None:
    with pytest.raises((click.ClickException, InputError, ValueError)):
        parse(words.split())


def test_the_page_is_up_to_date() -> None:
    from scripts.make_paper_page import TARGET, render

    found = TARGET.read_text(encoding="utf-8")
    assert found == render(found), "run scripts/make_paper_page.py"


def test_the_page_shows_what_takes_the_part_of_the_papers_models() -> None:
    made = lv.reproduce("2", embedded=True, dry_run=True, progress=False)
    page = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")
    said = " ".join(made.stand_ins).replace("`models`", "--model")
    assert f"\n{said}\n" in page
