"""`locomo-vqa systems` and `systems install`, with a tiny package instead of real ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from locomo_vqa.errors import InputError, LocomoVqaError, MissingResource, OutputError
from locomo_vqa.evaluators.cli.systems import systems
from locomo_vqa.evaluators.hosting import Host, Limits
from locomo_vqa.evaluators.loading import LoadedSystem, load_system
from locomo_vqa.evaluators.running.services import lend_model
from locomo_vqa.evaluators.running.system_options import lend_options
from locomo_vqa.evaluators.third_party import ThirdPartyRecipe, find_environment, install
from locomo_vqa.system import Services
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import hosted

from .conftest import make_wheel


def command(*args: str) -> Result:
    return CliRunner().invoke(systems, args)


def refusal(*args: str) -> LocomoVqaError:
    done = command(*args)
    assert isinstance(done.exception, LocomoVqaError), done
    return done.exception


def listed(name: str) -> Any:
    return json.loads(command("--json").stdout)[name]


def test_all_systems_are_listed_with_what_they_can_do(cli: Cli, tmp_path: Path) -> None:
    done = cli("systems", LOCOMO_VQA_SYSTEMS_DIR=str(tmp_path / "none"))
    assert done.returncode == 0, done.stderr
    (row,) = (line for line in done.stdout.splitlines() if line.strip().startswith("mem0ai-1"))
    assert row.split()[:2] == ["mem0ai-1", "1.0.11"]
    assert row.split()[-2:] == ["Apache-2.0", "no"]
    assert "bm25" in done.stdout
    rows = json.loads(cli("systems", "--json").stdout)
    assert rows["bm25"] == {
        "kind": "bundled",
        "about": rows["bm25"]["about"],
        "needs_model": False,
        "sees": "captions",
    }
    assert rows["langgraph-store"]["licence"] == "MIT"
    assert rows["langgraph-store"]["images"] == "captions"
    assert rows["mem0ai-2"]["images"] == "described"
    assert rows["mem0ai-2"]["dates"] == "text"


@pytest.mark.slow
def test_a_package_that_is_not_set_up_says_how(cli: Cli, tmp_path: Path) -> None:
    for verb in (("run", "mem0ai-1", "--benchmark", "sample", "--out", "r"), ("check", "mem0ai-1")):
        done = cli(*verb, LOCOMO_VQA_SYSTEMS_DIR=str(tmp_path / "none"))
        assert done.returncode == 2
        assert "mem0ai-1 is not installed" in done.stderr
        assert "Run `locomo-vqa systems install mem0ai-1`" in done.stderr
        assert not (tmp_path / "r").exists()


@pytest.mark.slow
def test_a_package_is_set_up_once_and_runs_in_its_environment(
    tiny: ThirdPartyRecipe, tmp_path: Path
) -> None:
    assert listed("tiny")["installed"] == "no"
    left = tmp_path / "environments" / ".tiny.tmp.abcd1234.part"  # Of one that was killed.
    (left / "pip-unpack-1").mkdir(parents=True)
    (tmp_path / "environments" / "tiny" / "lib").mkdir(parents=True)
    (tmp_path / "environments" / "tiny" / "pyvenv.cfg").touch()
    done = command("install", "tiny")
    assert done.exit_code == 0, done.output
    assert "tiny is installed." in done.stdout
    assert "It is very small." in done.stdout
    assert sorted(path.name for path in left.parent.iterdir()) == ["tiny", "tiny.lock", "tiny.log"]
    environment = find_environment(tiny)
    assert environment.folder == tmp_path / "environments" / "tiny"
    assert listed("tiny")["installed"] == "yes"
    mark = json.loads(environment.mark.read_text())
    assert mark["installed"]["locomo-tiny-package"] == "1.5"
    assert "click" not in mark["installed"]

    again = command("install", "tiny", "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["changed"] is False

    loaded = load_system("tiny")
    assert (loaded.name, loaded.version) == ("tiny", "1.5")
    with pytest.raises(InputError, match="tiny has no option 'width'"):
        lend_options(Services(), loaded, {"depth": "1", "width": "2"})
    with pytest.raises(InputError, match="tiny needs the option depth: how deep it goes"):
        lend_options(Services(), loaded, {})
    assert lend_options(Services(), loaded, {"depth": "1"}).options == {"depth": "1"}
    with pytest.raises(InputError, match="can't be used with tiny"):
        load_system("tiny", python=environment.python)

    run = hosted("tiny", tmp_path / "run", split="validation", limit=1).run()
    answer = run.predictions[0]
    assert answer.state == "ok", answer.error
    assert answer.prediction is not None
    assert " said: " in answer.prediction

    environment.mark.write_text(json.dumps({**mark, "recipe_sha256": "0" * 64}))
    assert listed("tiny")["installed"] == "out of date"
    with pytest.raises(MissingResource, match="is installed with other versions"):
        load_system("tiny")


@pytest.mark.slow
def test_what_can_not_be_installed_does_not_look_set_up(
    tiny: ThirdPartyRecipe, tmp_path: Path
) -> None:
    environment = find_environment(tiny)
    (wheel,) = (tmp_path / "wheels").iterdir()
    wheel.unlink()
    error = refusal("install", "tiny")
    assert isinstance(error, MissingResource)
    assert "Tiny can't be installed" in error.message
    assert "locomo-tiny-package==1.5" in error.message
    assert environment.state == "no"
    assert "locomo-tiny-package" in environment.folder.with_name("tiny.log").read_text()

    make_wheel(tmp_path / "wheels", "raise RuntimeError('half a package')")
    error = refusal("install", "tiny")
    assert "is installed, but can't be imported: RuntimeError: half a package" in error.message
    assert environment.state == "no"
    with pytest.raises(MissingResource, match="is not installed"):
        load_system("tiny")

    make_wheel(tmp_path / "wheels")
    steps: list[tuple[int, int | None]] = []
    done = install("tiny", progress=lambda step, now, total: steps.append((now, total)))
    assert done.changed is True
    assert steps == [(step, 4) for step in range(5)]
    assert install("tiny", progress=False).changed is False
    assert environment.state == "yes"


def test_what_is_no_environment_is_left_alone(tiny: ThirdPartyRecipe, tmp_path: Path) -> None:
    kept = tmp_path / "own" / "tiny" / "thesis.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("all I have")
    error = refusal("install", "tiny", "--dir", str(tmp_path / "own"))
    assert isinstance(error, OutputError)
    assert "already exists and is not a virtual environment" in error.message
    assert kept.read_text() == "all I have"


def test_two_set_ups_do_not_meet(tiny: ThirdPartyRecipe) -> None:
    fcntl = pytest.importorskip("fcntl")
    folder = find_environment(tiny).folder
    folder.parent.mkdir(parents=True)
    with folder.with_name("tiny.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        error = refusal("install", "tiny")
    assert "another process is installing this system" in error.message


def test_names_and_interpreters_that_are_wrong(tiny: ThirdPartyRecipe, tmp_path: Path) -> None:
    error = refusal("install", "bm25")
    assert error.message == "bm25 is not a third-party system of the toolkit."
    assert error.remedy == "These can be installed: tiny; or the path of a recipe of your own."
    error = refusal("install", "tny")
    assert error.remedy == (
        "Did you mean tiny? These can be installed: tiny; or the path of a recipe of your own."
    )
    assert (
        "is not a Python interpreter"
        in refusal("install", "tiny", "--python", "/bin/false").message
    )
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\necho 3.7.4\n")
    old.chmod(0o755)
    error = refusal("install", "tiny", "--python", str(old))
    assert "needs Python 3.8 to 3.98" in error.message
    assert "is 3.7.4" in error.message
    assert find_environment(tiny).state == "no"


def test_a_package_that_reads_with_a_model_needs_an_endpoint() -> None:
    def host(limits: Limits, log: Path) -> Host:
        raise AssertionError("nothing is started")

    only = LoadedSystem(
        name="own",
        version=None,
        uses_images=True,
        prompt_sha256=None,
        needs_model=True,
        only_retrieves=True,
        host=host,
    )
    assert lend_model(only, "embedded:small", timeout=10).llm is None
    reads = replace(only, reads_with_model=True)
    with pytest.raises(LocomoVqaError):
        lend_model(reads, "embedded:small", timeout=10)
    services = lend_model(reads, "openai:http://127.0.0.1:9/v1?model=m", timeout=10, check=False)
    assert services.llm is not None


@pytest.fixture
def own(tiny: ThirdPartyRecipe, tmp_path: Path) -> Path:
    """A recipe in a folder of the user's, with an adapter that imports the toolkit's helpers."""
    folder = tmp_path / "own"
    folder.mkdir()
    text = (tiny.adapters.parent / "recipes" / "tiny.toml").read_text()
    recipe = folder / "mine.toml"
    recipe.write_text(text.replace('"tiny"', '"mine"').replace("tiny_adapter", "my_adapter"))
    adapter = (tiny.adapters / "tiny_adapter.py").read_text()
    (folder / "my_adapter.py").write_text(f"import adapter_support\n{adapter}")
    return recipe


@pytest.mark.slow
def test_a_recipe_of_ones_own_runs_by_name_until_it_is_removed(own: Path, tmp_path: Path) -> None:
    done = command("install", str(own))
    assert done.exit_code == 0, done.exception
    assert "mine is installed." in done.stdout
    assert listed("mine")["installed"] == "yes"
    own.with_name("my_adapter.py").unlink()  # The copy is what runs.
    loaded = load_system("mine")
    assert (loaded.name, loaded.version) == ("mine", "1.5")
    assert loaded.requires == {"locomo-tiny-package": "1.5"}
    freeze = tmp_path / "environments" / ".recipes" / "mine" / "freeze.txt"
    assert freeze.is_file() and "locomo" not in freeze.read_text()
    removed = command("remove", "mine")
    assert removed.stdout.count("Removed") == 2
    assert not (tmp_path / "environments" / "mine").exists()
    assert str(refusal("install", "mine")).startswith("mine is not a third-party system")


def test_a_name_of_the_toolkit_is_taken(own: Path) -> None:
    taken = own.with_name("tiny.toml")
    taken.write_text(own.read_text().replace('"mine"', '"tiny"'))
    assert "the name of a system of the toolkit" in str(refusal("install", str(taken)))


def test_what_is_not_installed_can_be_removed_without_harm(
    tiny: ThirdPartyRecipe, tmp_path: Path
) -> None:
    assert "tiny is not installed." in command("remove", "tiny").stdout
    folder = tmp_path / "environments" / "tiny"
    folder.mkdir(parents=True)
    (folder / "thesis.txt").touch()
    assert "not a virtual environment" in str(refusal("remove", "tiny"))
    assert (folder / "thesis.txt").exists()
