"""The written sample is complete, small, the same every time, and readable as LoCoMo."""

import json
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from locomo_vqa.benchmark import QUESTION_TYPES, load_benchmark
from locomo_vqa.builders.sample.generate import Sample, generate_sample, image_name, write_sample
from locomo_vqa.builders.sample.painter import paint
from locomo_vqa.builders.sample.scenes import Scene
from locomo_vqa.locomo import read_locomo


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sample]:
    folder = tmp_path_factory.mktemp("sample")
    return folder, write_sample(folder)


def test_image_name() -> None:
    assert image_name("https://pictures.example/sample-01/3.png") == "sample-01-3.png"


def test_a_sample_depends_on_its_seed_alone() -> None:
    assert generate_sample(1, 2) == generate_sample(1, 2)
    assert generate_sample(1, 2) != generate_sample(2, 2)
    assert generate_sample(1, 3).conversations[:2] == generate_sample(1, 2).conversations


def test_every_image_has_every_type_that_applies(written: tuple[Path, Sample]) -> None:
    _, sample = written
    assert len(sample.conversations) == 10
    for url, scene in sample.scenes.items():
        types = [item.type for item in sample.visual_questions if item.url == url]
        without = {"unusual-detail", "unusual-count"} if not scene.unusual else set()
        assert types == [type for type in QUESTION_TYPES if type not in without]
    scenes = [json.dumps(scene.to_dict()) for scene in sample.scenes.values()]
    assert len(set(scenes)) == len(scenes)


def test_items_belong_to_the_turn_that_shares_the_image(written: tuple[Path, Sample]) -> None:
    _, sample = written
    shared = {
        (each["sample_id"], turn["dia_id"], url)
        for each in sample.conversations
        for session in each["conversation"].values()
        if isinstance(session, list)
        for turn in session
        for url in turn.get("img_url", [])
    }
    assert {(item.conversation, item.turn, item.url) for item in sample.visual_questions} == shared


def test_files_hold_the_sample(written: tuple[Path, Sample]) -> None:
    folder, sample = written
    assert json.loads((folder / "locomo.json").read_text("utf-8")) == sample.conversations
    lines = (folder / "scenes.jsonl").read_text("utf-8").splitlines()
    truth = [json.loads(line) for line in lines]
    scenes = {row["url"]: Scene.from_dict(row["scene"]) for row in truth}
    assert scenes == dict(sample.scenes)


def test_the_sample_that_is_shipped_is_the_one_that_is_made(written: tuple[Path, Sample]) -> None:
    """Images are compared as pixels: the bytes of a PNG may differ with Pillow's version."""
    folder, sample = written
    benchmark = load_benchmark("sample")
    data = benchmark.folder.parent
    for name in ("locomo.json", "scenes.jsonl"):
        assert (data / name).read_bytes() == (folder / name).read_bytes()
    for record in benchmark.images:
        assert record.sha256 and record.url
        with (
            Image.open(benchmark.image_path(record.sha256)) as shipped,
            Image.open(folder / "images" / image_name(record.url)) as made,
        ):
            assert shipped.convert("RGB").tobytes() == made.convert("RGB").tobytes()
    asked = [(q.conversation, q.turn, q.type, q.answer) for q in benchmark.visual_questions]
    assert asked == [(i.conversation, i.turn, i.type, i.answer) for i in sample.visual_questions]


def test_images_are_small_and_true_to_the_scene(written: tuple[Path, Sample]) -> None:
    folder, sample = written
    files = sorted((folder / "images").iterdir())
    assert [file.name for file in files] == sorted(image_name(url) for url in sample.scenes)
    assert sum(file.stat().st_size for file in files) <= 400_000
    for url, scene in sample.scenes.items():
        with Image.open(folder / "images" / image_name(url)) as stored:
            assert (stored.format, stored.mode, stored.size) == ("PNG", "P", (224, 224))
            image = stored.convert("RGB")
        off = ImageChops.difference(image, paint(scene))
        for each in (*scene.things, *scene.unusual):
            left, top = round((each.x - each.size / 2) * 224), round((each.y - each.size / 2) * 224)
            width = round(each.size * 224)
            assert max(ImageStat.Stat(off.crop((left, top, left + width, top + width))).mean) < 12


@pytest.mark.slow
def test_writing_again_gives_the_same_bytes(written: tuple[Path, Sample], tmp_path: Path) -> None:
    folder, _ = written
    write_sample(tmp_path)
    for file in folder.rglob("*.*"):
        assert (tmp_path / file.relative_to(folder)).read_bytes() == file.read_bytes()


def test_the_core_reads_it_without_a_complaint(written: tuple[Path, Sample]) -> None:
    folder, sample = written
    locomo = read_locomo(folder / "locomo.json")
    assert [each.id for each in locomo.conversations] == [
        each["sample_id"] for each in sample.conversations
    ]
    assert [each.split for each in locomo.conversations].count("train") == 7
    assert {image.url for image in locomo.images} == set(sample.scenes)
    assert len(locomo.questions) == sum(len(each["qa"]) for each in sample.conversations)
    assert not any(question.duplicate_of for question in locomo.questions)
