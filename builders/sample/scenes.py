"""What is in a picture of the sample world: the truth that questions are asked of."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .layout import place

__all__ = [
    "COLOURS",
    "MARKS",
    "MOODS",
    "PARTS",
    "SETTINGS",
    "STYLES",
    "UNUSUAL",
    "UNUSUAL_SHARE",
    "Part",
    "Scene",
    "Thing",
    "make_scene",
]

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
"""Colours of things, parts and unusual objects."""

MARKS = ("heart", "moon", "cross", "ring", "triangle")
"""Shapes painted on the things."""

MOODS = ("cheerful", "calm", "gloomy", "tense", "mysterious")
"""Moods, given by the sky and the tint of the ground."""

STYLES = ("cartoon", "sketch", "pixel", "dotted", "watercolour")
"""Drawing styles, each applied to the whole picture."""

UNUSUAL = ("crown", "ghost", "umbrella", "duck", "cactus", "boot", "hourglass", "bone")
"""Objects that belong in none of the settings."""

PARTS = {
    "boat": "flag",
    "house": "chimney",
    "hat": "pompom",
    "box": "ribbon",
    "balloon": "tag",
    "car": "suitcase",
    "cake": "candle",
    "kite": "bow",
}
"""Kinds of ordinary things, each with the small part that one of them carries."""

SETTINGS = {
    "boat": ("water",),
    "house": ("meadow", "snow", "street"),
    "hat": ("table", "sand"),
    "box": ("table", "snow"),
    "balloon": ("meadow", "street"),
    "car": ("street", "sand"),
    "cake": ("table", "meadow"),
    "kite": ("meadow", "sand"),
}
"""Where things of a kind are found."""

UNUSUAL_SHARE = 0.6
"""Share of scenes with an unusual object."""


@dataclass(frozen=True, slots=True)
class Part:
    """A small part of a thing, with a colour of its own."""

    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Thing:
    """Something in a picture; place and size are fractions of the picture's side."""

    kind: str
    colour: str
    x: float
    """Centre, from the left."""
    y: float
    """Centre, from the top."""
    size: float
    """Width of the body."""
    mark: str | None = None
    """Shape painted on it; unusual objects have none."""
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """All there is to know about a picture."""

    setting: str
    mood: str
    style: str
    things: tuple[Thing, ...]
    """Two to five ordinary things of one kind, in one or two colours."""
    unusual: tuple[Thing, ...]
    """None, or one to three objects of one kind and colour."""
    grain: int
    """Seed of everything in the drawing that carries no meaning."""

    @property
    def kind(self) -> str:
        """The kind of the ordinary things."""
        return self.things[0].kind

    def to_dict(self) -> dict[str, Any]:
        """The scene as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scene:
        """The scene that `to_dict` gave these values for."""
        fields = dict(values)
        fields["things"] = tuple(_thing(each) for each in values["things"])
        fields["unusual"] = tuple(_thing(each) for each in values["unusual"])
        return cls(**fields)


def _thing(values: Mapping[str, Any]) -> Thing:
    part = values["part"]
    return Thing(**{**values, "part": Part(**part) if part else None})


def make_scene(
    rng: random.Random,
    *,
    kind: str | None = None,
    mood: str | None = None,
    style: str | None = None,
    unusual: bool | None = None,
) -> Scene:
    """A fresh scene; what is not given is drawn, each value equally likely.

    `unusual` says whether there is an unusual object (drawn with `UNUSUAL_SHARE`).
    """
    kind = kind or rng.choice(list(PARTS))
    mood = mood or rng.choice(MOODS)
    style = style or rng.choice(STYLES)
    if unusual is None:
        unusual = rng.random() < UNUSUAL_SHARE
    count = rng.randint(2, 5)
    odd_count = rng.randint(1, 3) if unusual else 0
    places = place(rng, count, odd_count)
    odd_kind, odd_colour = rng.choice(UNUSUAL), rng.choice(COLOURS)
    return Scene(
        setting=rng.choice(SETTINGS[kind]),
        mood=mood,
        style=style,
        things=_things(rng, kind, places.things),
        unusual=tuple(Thing(odd_kind, odd_colour, *where) for where in places.unusual),
        grain=rng.randrange(2**31),
    )


def _things(
    rng: random.Random, kind: str, places: tuple[tuple[float, float, float], ...]
) -> tuple[Thing, ...]:
    """Things of one or two colours, each colour with its own mark; one has the part."""
    colours = rng.sample(COLOURS, 2)
    marks = rng.sample(MARKS, 2)
    first_group = len(places) if rng.random() < 0.4 else rng.randint(1, len(places) - 1)
    owner = rng.randrange(len(places))
    things = []
    for index, where in enumerate(places):
        group = 0 if index < first_group else 1
        part = None
        if index == owner:
            part = Part(PARTS[kind], rng.choice([c for c in COLOURS if c != colours[group]]))
        things.append(Thing(kind, colours[group], *where, mark=marks[group], part=part))
    return tuple(things)
