"""Images show what the scene says, in its colours, at any size."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from PIL import Image, ImageChops, ImageStat

from locomo_vqa.builders.sample.painter import RGB, paint
from locomo_vqa.builders.sample.scenes import (
    MOODS,
    PARTS,
    STYLES,
    UNUSUAL,
    Scene,
    Thing,
    make_scene,
)


def scenes(count: int, style: str) -> list[Scene]:
    return [make_scene(random.Random(seed), style=style) for seed in range(count)]


def colour_counts(image: Image.Image, thing: Thing) -> Counter[str]:
    """Pixels of each pure colour in the square around a thing."""
    side, half = image.width, thing.size / 2
    left, top = round((thing.x - half) * side), round((thing.y - half) * side)
    width = round(thing.size * side)
    crop = image.crop((left, top, left + width, top + width))
    names = {rgb: name for name, rgb in RGB.items()}
    found = crop.getcolors(maxcolors=crop.width * crop.height) or []
    return Counter({names[rgb]: n for n, rgb in found if rgb in names})


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_the_same_scene_gives_the_same_pixels() -> None:
    for style in STYLES:
        for scene in scenes(3, style):
            assert paint(scene, 96).tobytes() == paint(scene, 96).tobytes()
            assert (
                paint(Scene.from_dict(scene.to_dict()), 96).tobytes() == paint(scene, 96).tobytes()
            )


@pytest.mark.parametrize("size", [56, 100, 112, 224, 301])
def test_any_size(size: int) -> None:
    for style in STYLES:
        image = paint(scenes(1, style)[0], size)
        assert image.size == (size, size)
        assert image.mode == "RGB"


def test_cartoon_things_have_their_colour() -> None:
    for scene in scenes(60, "cartoon"):
        image = paint(scene)
        for thing in scene.things:
            part = {thing.part.colour} if thing.part else set()
            counts = colour_counts(image, thing)
            assert counts.most_common(1)[0][0] == thing.colour
            assert set(counts) <= {thing.colour} | part
        for each in scene.unusual:
            counts = colour_counts(image, each)
            assert set(counts) == {each.colour}
            assert counts[each.colour] > 0.12 * (each.size * 224) ** 2


@pytest.mark.parametrize("kind", list(PARTS))
def test_parts_cover_at_least_eight_pixels_square_at_112(kind: str) -> None:
    scene = make_scene(random.Random(3), kind=kind, style="cartoon", unusual=False)
    owner = next(thing for thing in scene.things if thing.part)
    assert owner.part is not None
    bare = replace(scene, things=tuple(replace(thing, part=None) for thing in scene.things))
    box = ImageChops.difference(paint(scene, 112), paint(bare, 112)).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert right - left >= 8
    assert bottom - top >= 8


def test_marks_parts_unusual_objects_moods_and_styles_change_the_image() -> None:
    scene = make_scene(random.Random(5), kind="car", style="cartoon", mood="calm", unusual=True)
    variants = [replace(scene, mood=mood) for mood in MOODS]
    variants += [replace(scene, style=style) for style in STYLES[1:]]
    for kind in UNUSUAL:
        unusual = tuple(replace(each, kind=kind) for each in scene.unusual)
        variants.append(replace(scene, unusual=unusual))
    images = {paint(each, 112).tobytes() for each in variants}
    assert len(images) >= len(variants) - 1


def test_moods_differ_clearly_in_every_style() -> None:
    scene = make_scene(random.Random(9))
    for style in STYLES:
        images = [paint(replace(scene, style=style, mood=mood), 112) for mood in MOODS]
        for i, one in enumerate(images):
            assert all(difference(one, other) > 12 for other in images[i + 1 :])
