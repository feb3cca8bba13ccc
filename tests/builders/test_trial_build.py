"""Trying a build first: few images, both models checked, a mirror that lacks files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.builders.build import build
from locomo_vqa.builders.images.mirror_names import file_names
from locomo_vqa.builders.recipe import load_recipe
from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.models.probes import known_probes
from tests.builders.all_knowing import all_knowing
from tests.builders.small_build import ABSENT, write_small_build
from tests.conftest import Cli


def test_a_recipe_keeps_its_limit(tmp_path: Path) -> None:
    trial = replace(load_recipe("paper"), limit=7)
    (tmp_path / "trial.toml").write_text(trial.to_toml())
    assert load_recipe(tmp_path / "trial.toml") == trial
    assert "trial" not in load_recipe("paper").to_toml()


def test_a_trial_is_never_pushed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`push`: this is a trial of 1 image"):
        build("sample", work=tmp_path / "w", limit=1, push="org/name", progress=False)
    with pytest.raises(InputError, match="`limit` must be a whole number of at least 1"):
        build("sample", work=tmp_path / "w", limit=0, progress=False)


@pytest.mark.slow
def test_a_trial_asks_about_few_images_and_the_whole_build_pays_for_the_rest_only(
    cli: Cli, tmp_path: Path
) -> None:
    with all_knowing(("colour",)) as (known, endpoint):
        write_small_build(tmp_path, endpoint.url)
        command = ["build", "run", "recipe.toml", "--work", "w", "--mirror", "mirror"]
        trial = cli(*command, "--out", "trial", "--limit", "2")
        assert trial.returncode == 0, trial.stderr
        rows = (tmp_path / "w" / "questions.jsonl").read_text().splitlines()
        assert len({json.loads(row)["image"] for row in rows}) == 2
        probed = (tmp_path / "w" / "probe.jsonl").read_text().splitlines()
        assert len(probed) == 2 * 3
        assert "Some of the questions" in trial.stdout
        assert "This was a trial of 2 images." in trial.stdout
        assert "at most 2 images" in (tmp_path / "trial" / "README.md").read_text()

        refused = cli("build", "generate", "--work", "w", "--limit", "3")
        assert refused.returncode == 2
        assert "were run with --limit 2, not 3" in refused.stderr

        whole = cli(*command, "--out", "whole")
        assert whole.returncode == 0, whole.stderr
        rows = (tmp_path / "w" / "questions.jsonl").read_text().splitlines()
        assert len({json.loads(row)["image"] for row in rows}) == 10
        assert "trial" not in whole.stdout
        assert "Next: locomo-vqa run bm25 --benchmark whole --out …" in whole.stdout
        assert max(known.asked.values()) == 1


@pytest.mark.slow
def test_a_validator_that_is_blind_costs_no_question(tmp_path: Path) -> None:
    """The generator is not asked at all before the validator has passed."""
    with all_knowing(("colour",)) as (known, endpoint):
        write_small_build(tmp_path, endpoint.url)
        say = known._say

        def blind(model: str, text: str, image: str) -> str:
            return "nothing" if model == "small" else say(model, text, image)

        known._say = blind  # type: ignore[method-assign]
        recipe = replace(
            load_recipe(tmp_path / "recipe.toml"), locomo=str(tmp_path / "locomo.json")
        )
        with pytest.raises(MissingResource, match="model=small"):
            build(recipe, work=tmp_path / "w", mirror=tmp_path / "mirror", progress=False)
    models = [json.loads(key)[0] for key in known.asked]
    assert "large" not in models
    assert 0 < models.count("small") <= 2 * len(known_probes()) + 2


@pytest.mark.slow
def test_lost_images_can_be_tried_again_and_publishing_is_no_failure_without_them(
    cli: Cli, tmp_path: Path
) -> None:
    with all_knowing(("colour",)) as (_, endpoint):
        write_small_build(tmp_path, endpoint.url)
        recipe = (tmp_path / "recipe.toml").read_text()
        (tmp_path / "recipe.toml").write_text(f"{recipe}[trial]\nimages = 8\n")
        listed = tmp_path / "mirror" / "mirror.jsonl"
        whole = listed.read_text()
        rows = whole.splitlines(keepends=True)
        listed.write_text("".join(row for row in rows if ABSENT not in row))
        broken = json.loads(rows[0])
        good = (tmp_path / "mirror" / broken["file"]).read_bytes()
        (tmp_path / "mirror" / broken["file"]).write_bytes(b"<html>gone</html>")
        command = ["build", "run", "recipe.toml", "--work", "w", "--mirror", "mirror"]
        lossy = cli(*command, "--out", "d")
        assert lossy.returncode == 0, lossy.stderr
        assert "images: 10 URLs: 8 ok, 1 not_fetched, 1 not_an_image" in lossy.stdout
        named = hashlib.sha256(ABSENT.encode()).hexdigest()
        for name in ("pictures.example/5.jpg", f"{named}.jpg", f'{{"url": "{ABSENT}", "file": '):
            assert f"\n  {name}" in lossy.stdout or f": {name}" in lossy.stdout
        assert cli(*command, "--out", "d", "--strict").returncode == 1

        listed.write_text(whole)
        again = cli("build", "images", "--work", "w")
        assert again.returncode == 0
        assert "images: 10 URLs: 9 ok, 1 not_an_image" in again.stdout
        assert "add --retry-lost to the same command" in again.stdout
        assert "Next: locomo-vqa build split --work w" in again.stdout
        stale = cli("build", "generate", "--work", "w")
        assert stale.returncode == 2
        assert "Run the stage split first" in stale.stderr
        (tmp_path / "mirror" / broken["file"]).write_bytes(good)
        assert "1 not_an_image" in cli("build", "images", "--work", "w").stdout
        done = cli(*command, "--out", "e", "--retry-lost", "--strict")
        assert done.returncode == 0, done.stderr
        assert "images: 10 URLs: 10 ok" in done.stdout


def test_no_image_at_all_is_said_with_what_helps(tmp_path: Path) -> None:
    write_small_build(tmp_path, "http://127.0.0.1:9")
    (tmp_path / "empty").mkdir()
    recipe = replace(load_recipe(tmp_path / "recipe.toml"), locomo=str(tmp_path / "locomo.json"))
    with pytest.raises(InputError) as refused:
        build(recipe, work=tmp_path / "w", mirror=tmp_path / "empty", progress=False)
    assert refused.value.message == f"{tmp_path / 'w'}: no image was fetched."
    assert "losses.json says why" in refused.value.remedy


def test_the_names_of_a_mirrors_files() -> None:
    """The hash is that of `printf %s URL | sha256sum`."""
    url = "https://photos.example/c0/p1.jpg"
    hashed = "99bf0781a0846d175a360d9f9a7e566b23313f23c9fb5a7669bad2bb7a2b990a.jpg"
    assert file_names(url) == ["photos.example/c0/p1.jpg", hashed]
