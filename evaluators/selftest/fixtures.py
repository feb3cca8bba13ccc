"""The test conversations: a few invented sessions with three facts and some images.

The sessions are in 2021, so that today's date is a mistake.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, Conversation, Image, Session, Turn, VisualQuestion

from .script import FIXED_SCRIPT, Script

__all__ = ["World", "make_world"]

SPEAKERS = ("Mirela", "Tobin")
"""The same in every conversation, to detect stores that are shared by name."""


_SPRING = datetime(2021, 3, 8, 10, 15)
_SUMMER = datetime(2021, 5, 12, 18, 40)
_LONG = " and then we walked on along the river" * 400
_COLOURS = {"red": (208, 32, 32), "blue": (32, 64, 208), "green": (24, 144, 56)}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The conversations of the self-test, as a benchmark whose images are in a folder."""

    benchmark: Benchmark
    script: Script
    """The words to remember."""
    first: Conversation
    """A conversation with the three facts and the date."""
    later: Conversation
    """Another conversation with the first one's name, with other facts."""
    second: Conversation
    """A conversation with the same two names, and another fact."""
    awkward: Conversation
    """A conversation with empty and very long turns, and many scripts."""
    with_images: Conversation
    """A conversation with images: two in a turn, one without text, one unavailable."""
    visual: VisualQuestion
    """A question about the image without text."""


def make_world(folder: Path, script: Script = FIXED_SCRIPT) -> World:
    """Draw the images into a folder and return the conversations."""
    images = {name: _draw_square(folder, colour) for name, colour in _COLOURS.items()}
    name = script.name
    first = _conversation(f"{name}-1", *_with_facts(script.parrot, script.job, script.dish))
    second = _conversation(f"{name}-2", (_SPRING, _with_bicycle(script.bicycle)))
    awkward = _conversation(f"{name}-3", (_SPRING, _AWKWARD), (_SUMMER, (("Tobin", "Bye!"),)))
    with_images = _conversation_with_images(f"{name}-4", images)
    benchmark = Benchmark(
        name="check",
        revision="0" * 64,
        folder=folder,
        conversations=(first, second, awkward, with_images),
        text_questions=(),
        visual_questions=(),
        images=(),
        _formats=dict.fromkeys(images.values(), "png"),
    )
    visual = VisualQuestion(
        id=f"{name}-4/v/D1:2/colour",
        conversation=f"{name}-4",
        turn="D1:2",
        image=images["green"],
        type="colour",
        question="What colour is the square?",
        answer="green",
        reason="The square is green.",
        split="test",
    )
    return World(
        benchmark=benchmark,
        script=script,
        first=first,
        later=_conversation(f"{name}-1", *_with_facts(*script.later)),
        second=second,
        awkward=awkward,
        with_images=with_images,
        visual=visual,
    )


_Session = tuple[datetime, Sequence[tuple[str, str]]]


def _with_facts(parrot: str, job: str, dish: str) -> tuple[_Session, _Session]:
    first = (
        ("Mirela", "Good morning! How are you?"),
        ("Tobin", f"Fine, thank you. The name of my parrot is {parrot.capitalize()}."),
        ("Mirela", f"How nice. The job that I have now is {job}."),
    )
    second = (
        ("Tobin", f"My favourite dish is {dish}."),
        ("Mirela", "Mine too. Yesterday I adopted a tortoise!"),
        ("Tobin", "Congratulations."),
    )
    return (_SPRING, first), (_SUMMER, second)


def _with_bicycle(make: str) -> Sequence[tuple[str, str]]:
    return (
        ("Mirela", "Hello there."),
        ("Tobin", f"Hello. The make of my bicycle is {make.capitalize()}."),
    )


_AWKWARD = (
    ("Mirela", "Grüße! 你好 👩‍👩‍👧 שלום 'quotes' \"too\" {braces} <tags>\nand a second line\t."),
    ("Tobin", ""),
    ("Mirela", f"It was a long day{_LONG}."),
    ("Tobin", "Ok"),
)


def _conversation(id: str, *sessions: _Session) -> Conversation:
    made = tuple(
        Session(
            number=number,
            time=time,
            turns=tuple(
                Turn(id=f"D{number}:{place}", speaker=speaker, text=text)
                for place, (speaker, text) in enumerate(turns, 1)
            ),
        )
        for number, (time, turns) in enumerate(sessions, 1)
    )
    return Conversation(id=id, split="test", speakers=SPEAKERS, sessions=made)


def _conversation_with_images(id: str, images: dict[str, str]) -> Conversation:
    def shown(*colours: str) -> tuple[Image, ...]:
        return tuple(
            Image(
                url=None,
                sha256=images[colour],
                state="ok",
                caption=f"a {colour} square on a white wall",
            )
            for colour in colours
        )

    lost = Image(url=None, state="unavailable", caption="a kite in the sky")
    turns = (
        Turn(id="D1:1", speaker="Mirela", text="Look at these two.", images=shown("red", "blue")),
        Turn(id="D1:2", speaker="Tobin", text="", images=shown("green")),
        Turn(id="D1:3", speaker="Mirela", text="Here is my kite.", images=(lost,)),
    )
    session = Session(number=1, time=_SPRING, turns=turns)
    return Conversation(id=id, split="test", speakers=SPEAKERS, sessions=(session,))


def _draw_square(folder: Path, colour: tuple[int, int, int]) -> str:
    """Draw a square on white, save it under its SHA-256, and return the hash."""
    from PIL import Image as Pillow

    image = Pillow.new("RGB", (224, 224), (255, 255, 255))
    image.paste(colour, (56, 56, 168, 168))
    stream = BytesIO()
    image.save(stream, "PNG")
    data = stream.getvalue()
    digits = hashlib.sha256(data).hexdigest()
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "images" / f"{digits}.png").write_bytes(data)
    return digits
