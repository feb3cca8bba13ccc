"""Scenes are reproducible, consistent and large enough to be seen at 112 pixels."""

import json
import random
from collections import Counter
from itertools import combinations

from locomo_vqa.builders.sample.scenes import (
    COLOURS,
    MARKS,
    PARTS,
    SETTINGS,
    UNUSUAL,
    Scene,
    make_scene,
)

SCENES = [make_scene(random.Random(seed)) for seed in range(500)]


def test_the_same_seed_gives_the_same_scene() -> None:
    assert make_scene(random.Random(7)) == make_scene(random.Random(7))
    assert make_scene(random.Random(7)) != make_scene(random.Random(8))


def test_json_and_back() -> None:
    for scene in SCENES[:50]:
        assert Scene.from_dict(json.loads(json.dumps(scene.to_dict()))) == scene


def test_what_is_asked_for_is_drawn() -> None:
    scene = make_scene(random.Random(1), kind="boat", mood="calm", style="pixel", unusual=True)
    assert (scene.kind, scene.setting, scene.mood, scene.style) == (
        "boat",
        "water",
        "calm",
        "pixel",
    )
    assert scene.unusual
    assert not make_scene(random.Random(1), unusual=False).unusual


def test_things_are_of_one_kind_in_at_most_two_colours_with_one_part() -> None:
    for scene in SCENES:
        assert 2 <= len(scene.things) <= 5
        assert len({thing.kind for thing in scene.things}) == 1
        marks = {(thing.colour, thing.mark) for thing in scene.things}
        assert len(marks) == len({thing.colour for thing in scene.things}) <= 2
        assert all(thing.mark in MARKS and thing.colour in COLOURS for thing in scene.things)
        (owner,) = [thing for thing in scene.things if thing.part]
        assert owner.part is not None
        assert owner.part.name == PARTS[scene.kind]
        assert owner.part.colour in COLOURS
        assert owner.part.colour != owner.colour
        assert scene.setting in SETTINGS[scene.kind]


def test_unusual_objects_are_one_kind_and_colour_in_about_six_scenes_of_ten() -> None:
    with_unusual = [scene for scene in SCENES if scene.unusual]
    assert 0.53 < len(with_unusual) / len(SCENES) < 0.67
    for scene in with_unusual:
        assert len({(each.kind, each.colour) for each in scene.unusual}) == 1
        assert scene.unusual[0].kind in UNUSUAL
    assert set(Counter(len(scene.unusual) for scene in with_unusual)) == {1, 2, 3}


def test_everything_is_visible_at_112_pixels_and_nothing_overlaps() -> None:
    for scene in SCENES:
        for thing in scene.things:
            assert thing.size * 112 >= 18
        for each in scene.unusual:
            assert each.size * 112 >= 8
        for one in (*scene.things, *scene.unusual):
            half = one.size / 2
            assert half <= one.x <= 1 - half
            assert half <= one.y <= 1 - half
        for one, other in combinations((*scene.things, *scene.unusual), 2):
            apart = max(abs(one.x - other.x), abs(one.y - other.y))
            assert apart > (one.size + other.size) / 2
