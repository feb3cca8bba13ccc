"""A work folder remembers its choices, and never mixes what was made with others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from locomo_vqa.builders.build import Build, build
from locomo_vqa.builders.recipe import load_recipe
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.schemas import validate
from tests.builders.all_knowing import all_knowing
from tests.conftest import Cli, tree

HARD = ("count", "colour", "unusual-detail")
SMALL = replace(
    load_recipe("sample"),
    probe_types=("count", "colour", "detail"),
    probe_images=8,
    keep=1,
    verifier=None,
    verify_checks=(),
)


@contextmanager
def endpoint() -> Iterator[tuple[Any, str]]:
    """Yield a stub that knows all answers, and the beginning of its models' names."""
    with all_knowing(HARD) as (known, stub):
        yield known, f"openai:{stub.url}/v1?model="


@pytest.mark.slow
def test_a_stage_needs_nothing_but_the_work_folder(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL.to_toml())
    with endpoint() as (known, base):
        models = ["--generator", f"{base}large", "--validator", f"{base}small"]
        assert cli("build", "ingest", "small.toml", "--work", "w", *models).returncode == 0
        for stage in ("images", "split", "probe", "select", "generate"):
            done = cli("build", stage, "--work", "w")
            assert done.returncode == 0, done.stderr
        assert cli("build", "publish", "--work", "w", "--out", "d").returncode == 0
        again = cli("build", "run", "--work", "w")
        assert again.returncode == 0, again.stderr
        assert max(known.asked.values()) == 1
    assert "Wrote d:" in again.stdout
    state = json.loads((tmp_path / "w" / "build.json").read_text())
    validate(state, "build", path=tmp_path, remedy="")
    assert state["stages"]["publish"]["generator"] == f"{base}large"
    assert load_recipe(tmp_path / "w" / "recipe.toml").validator == f"{base}small"


@pytest.mark.slow
def test_another_model_is_never_mixed_in(tmp_path: Path) -> None:
    work = tmp_path / "w"
    with endpoint() as (_, base):
        one, other = {"generator": f"{base}one"}, {"generator": f"{base}other"}
        recipe = replace(SMALL, validator=f"{base}small")
        build(recipe, work=work, stages=["ingest", "images", "split", "probe"], **one)
        before = tree(work)
        with pytest.raises(InputError) as refused:
            build(work=work, stages=["select"], **other)
        assert refused.value.message == (
            f"{work}: the stage probe was run with `generator` {base}one, not {base}other."
        )
        assert "Run probe again first" in refused.value.remedy
        assert f"give `generator` {base}one to continue as before" in refused.value.remedy
        assert tree(work) == before

        build(work=work, stages=["probe", "select"], **other)
        with pytest.raises(InputError, match="the stages probe and select were run with"):
            build(work=work, stages=["generate"], **one)
        done = build(work=work, stages=["generate", "publish"])
        assert done.counts["generate"].failed == 0
        card = (work / "dataset" / "README.md").read_text(encoding="utf-8")
    assert "model=other" in card
    assert "model=one" not in card


@pytest.mark.slow
def test_changing_a_model_redoes_what_it_made_and_pays_for_the_rest_once(tmp_path: Path) -> None:
    """Downloads stay, and the validator, which is the same, is asked new questions only."""
    with endpoint() as (known, base):
        recipe = replace(SMALL, generator=f"{base}one", validator=f"{base}small")
        build(recipe, work=tmp_path / "w")
        ingested = tree(tmp_path / "w" / "2-with-images")
        build(work=tmp_path / "w", generator=f"{base}other", out=tmp_path / "d")
        assert tree(tmp_path / "w" / "2-with-images") == ingested
        fresh = replace(recipe, generator=f"{base}other")
        build(fresh, work=tmp_path / "fresh", out=tmp_path / "e")
        assert max(known.asked.values()) <= 2  # once in each of the two work folders
    assert tree(tmp_path / "d") == tree(tmp_path / "e")


@pytest.mark.slow
def test_another_locomo_file_needs_another_folder(cli: Cli) -> None:
    assert cli("build", "ingest", "sample", "--work", "w").returncode == 0
    done = cli("build", "run", "--work", "w", "--locomo", "other.json")
    assert done.returncode == 2
    assert "w: was built with --locomo sample, not other.json." in done.stderr
    assert "Choose another --work, or give --locomo sample to continue as before." in done.stderr
    assert cli("build", "images", "--work", "w").returncode == 0


@pytest.mark.slow
def test_a_wrong_path_can_be_corrected(cli: Cli, tmp_path: Path) -> None:
    """Nothing was made from the file that was not found."""
    assert cli("build", "ingest", "paper", "--work", "w").returncode == 2
    assert not (tmp_path / "w").exists()
    done = cli("build", "ingest", "paper", "--work", "w", "--locomo", "sample")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_credentials_are_not_kept_and_asked_for_again(tmp_path: Path) -> None:
    work, secret = tmp_path / "w", "openai:http://user:hush@127.0.0.1:9/v1?model=x"
    build("sample", work=work, stages=["ingest", "images", "split"], generator=secret)
    with pytest.raises(InputError, match="`generator` was given with credentials"):
        build(work=work, stages=["probe"])
    assert not any(b"hush" in content for content in tree(work).values())


@pytest.mark.slow
def test_images_that_were_not_fetched_are_tried_again(cli: Cli, tmp_path: Path) -> None:
    """The mirror lacks ten images at first; the second time it has all."""
    source = tmp_path / "w" / "sample"
    assert cli("build", "ingest", "sample", "--work", "w").returncode == 0
    whole = (source / "mirror.jsonl").read_text()
    (source / "mirror.jsonl").write_text("".join(whole.splitlines(keepends=True)[10:]))
    first = cli("build", "images", "--work", "w", "--json")
    assert first.returncode == 1
    assert json.loads(first.stdout)["by_state"] == {"ok": 53, "not_fetched": 10}
    (source / "mirror.jsonl").write_text(whole)
    second = cli("build", "images", "--work", "w", "--json")
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout)["by_state"] == {"ok": 63}
    assert not list((tmp_path / "w").glob("2-with-images.*"))


@pytest.mark.slow
def test_two_builds_in_one_folder(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    with FileLock(tmp_path / "w" / "build.lock"):
        done = cli("build", "ingest", "sample", "--work", "w")
    assert done.returncode == 2
    assert "w: another process is building in this folder." in done.stderr
    assert cli("build", "ingest", "sample", "--work", "w").returncode == 0


def test_a_folder_of_something_else_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "thesis.tex").touch()
    with pytest.raises(OutputError, match="not the work folder of a build"):
        build("sample", work=tmp_path / "w", stages=["ingest"])
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["thesis.tex"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no recipe": ({"recipe": None}, "a new work folder needs a `recipe`"),
    "a recipe misspelt": ({"recipe": "smaple"}, "Did you mean sample?"),
    "a stage misspelt": ({"stages": ["prob"]}, r"`stages` may contain ingest, .*'probe'"),
    "no stage": ({"stages": []}, "`stages` must be a list"),
    "a distance too large": ({"phash_distance": 65}, "`phash_distance` must be a whole number"),
    "a bound misspelt": ({"download": {"timeuot": 1}}, "Did you mean 'timeout'?"),
    "a bound too low": ({"download": {"in_flight": 0}}, "`in_flight` must be a whole number"),
    "a pull request to nowhere": ({"pull_request": True}, "`pull_request` needs `push`"),
    "no name on the Hub": ({"push": "name"}, "'name' is not the name of a data set"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_is_refused_before_anything_is_made(name: str, tmp_path: Path) -> None:
    arguments, message = WRONG[name]
    with pytest.raises(InputError, match=message):
        build(**{"recipe": "sample", "work": tmp_path / "w", **arguments})
    made = [path.name for path in (tmp_path / "w").glob("*")]
    assert made in ([], ["build.lock"])


@pytest.mark.slow
def test_a_build_shows_what_it_has_in_a_notebook_too(tmp_path: Path) -> None:
    """A notebook's cell runs in an event loop; the stages have loops of their own."""
    steps: list[str] = []
    seen: list[tuple[str, bool]] = []

    async def cell(base: str) -> Build:
        return build(
            replace(SMALL, generator=f"{base}large", validator=f"{base}small"),
            work=tmp_path / "w",
            out=tmp_path / "d",
            progress=lambda step, done, total: steps.append(step),
            after_stage=lambda stage, so_far: seen.append((stage, so_far.selection is not None)),
        )

    with endpoint() as (_, base):
        done = asyncio.run(cell(base))
    assert [stage for stage, _ in seen] == [
        *("ingest", "images", "split", "probe", "select", "generate", "publish")
    ]
    assert [selected for _, selected in seen] == [False] * 4 + [True] * 3
    assert set(steps) == {
        *("images", "probe: writing", "probe: trying", "generate: writing", "generate: checking")
    }
    assert done.selection is not None and done.selection.types == ("colour",)
    assert done.losses is not None and done.losses.by_state == {"ok": 63}
    assert done.benchmark is not None and done.folder == tmp_path / "d"
    assert len(done.benchmark.visual_questions) == done.counts["generate"].ok == 63
    assert (done.removed, done.incomplete) == ([], False)
    shown = done._repr_html_()
    assert "63 URLs: 63 ok" in shown
    assert ">colour<" in shown


@pytest.mark.slow
def test_what_is_not_made_yet_is_none(tmp_path: Path) -> None:
    done = build("sample", work=tmp_path / "w", stages=["ingest"], progress=False)
    assert (done.losses, done.selection, done.removed, done.benchmark, done.folder) == (None,) * 5
    assert done.counts == {}
    assert not done.incomplete


@pytest.mark.slow
def test_a_place_that_is_taken_is_refused_before_a_stage_runs(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine")
    stages: list[str] = []
    with pytest.raises(OutputError, match="already exists and is not a published data set"):
        build(
            SMALL,
            work=tmp_path / "w",
            out=taken,
            progress=False,
            after_stage=lambda name, _: stages.append(name),
        )
    assert stages == []
    assert (taken / "notes.txt").read_text() == "mine"
    build(SMALL, work=tmp_path / "w", out=taken, stages=["ingest"], progress=False)


@pytest.mark.slow
def test_a_data_set_of_another_model_is_refused_before_a_model_is_asked(tmp_path: Path) -> None:
    with endpoint() as (known, base):
        models = {"generator": f"{base}one", "validator": f"{base}small"}
        build(SMALL, work=tmp_path / "w", out=tmp_path / "d", progress=False, **models)
        asked = sum(known.asked.values())
        with pytest.raises(OutputError, match=r"d: already exists, .* was made with `generator`"):
            build(work=tmp_path / "w", generator=f"{base}other", progress=False)
        assert sum(known.asked.values()) == asked
        build(work=tmp_path / "w", progress=False)
