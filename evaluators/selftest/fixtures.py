"""The test conversations: a few invented sessions with three facts and some images.

The words to remember are invented or rare, so that no model knows them, and the sessions are in
2021, so that today's date is a mistake.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, Conversation, Image, Session, Turn, VisualQuestion

__all__ = [
    "DATE_FACT",
    "FACTS",
    "INVENTED",
    "OTHER_FACT",
    "Fact",
    "World",
    "make_world",
]

SPEAKERS = ("Mirela", "Tobin")
"""The same in every conversation, to detect stores that are shared by name."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact to remember."""

    question: str
    """The question about it."""
    word: str
    """The word that the answer must contain, in lower case."""


FACTS = (
    Fact("What is the name of Tobin's parrot?", "zebulon"),
    Fact("What job does Mirela have now?", "glassblower"),
    Fact("What is Tobin's favourite dish?", "ratatouille"),
)
"""The facts of the first conversation."""

OTHER_FACT = Fact("Of which make is Tobin's bicycle?", "varnelli")
"""The fact of the second conversation."""

DATE_FACT = Fact("When did Mirela adopt a tortoise?", "2021")
"""A fact from 12 May 2021 about the day before."""

INVENTED = (
    "Did Tobin buy the lamp called Quoxel?",
    Fact("What is the name of Tobin's lamp?", "quoxel"),
)
"""A question with a word that was never said, and a question that only this word answers."""

_SPRING = datetime(2021, 3, 8, 10, 15)
_SUMMER = datetime(2021, 5, 12, 18, 40)
_LONG = " and then we walked on along the river" * 400
_COLOURS = {"red": (208, 32, 32), "blue": (32, 64, 208), "green": (24, 144, 56)}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The conversations of the self-test, as a benchmark whose images are in a folder."""

    benchmark: Benchmark
    first: Conversation
    """A conversation with the three facts and the date."""
    second: Conversation
    """A conversation with the same two names, and another fact."""
    awkward: Conversation
    """A conversation with empty and very long turns, and many scripts."""
    with_images: Conversation
    """A conversation with images: two in a turn, one without text, one unavailable."""
    visual: VisualQuestion
    """A question about the image without text."""


def make_world(folder: Path) -> World:
    """Draw the images into a folder and return the conversations."""
    images = {name: _draw_square(folder, colour) for name, colour in _COLOURS.items()}
    first = _conversation("check-1", (_SPRING, _FIRST), (_SUMMER, _SECOND))
    second = _conversation("check-2", (_SPRING, _OTHER))
    awkward = _conversation("check-3", (_SPRING, _AWKWARD), (_SUMMER, (("Tobin", "Bye!"),)))
    with_images = _conversation_with_images(images)
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
        id="check-4/v/D1:2/colour",
        conversation="check-4",
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
        first=first,
        second=second,
        awkward=awkward,
        with_images=with_images,
        visual=visual,
    )


_FIRST = (
    ("Mirela", "Good morning! How are you?"),
    ("Tobin", "Fine, thank you. The name of my parrot is Zebulon."),
    ("Mirela", "How nice. The job that I have now is glassblower."),
)
_SECOND = (
    ("Tobin", "My favourite dish is ratatouille."),
    ("Mirela", "Mine too. Yesterday I adopted a tortoise!"),
    ("Tobin", "Congratulations."),
)
_OTHER = (
    ("Mirela", "Hello there."),
    ("Tobin", "Hello. The make of my bicycle is Varnelli."),
)
_AWKWARD = (
    ("Mirela", "Grüße! 你好 👩‍👩‍👧 שלום 'quotes' \"too\" {braces} <tags>\nand a second line\t."),
    ("Tobin", ""),
    ("Mirela", f"It was a long day{_LONG}."),
    ("Tobin", "Ok"),
)


def _conversation(id: str, *sessions: tuple[datetime, Sequence[tuple[str, str]]]) -> Conversation:
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


def _conversation_with_images(images: dict[str, str]) -> Conversation:
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
    return Conversation(id="check-4", split="test", speakers=SPEAKERS, sessions=(session,))


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
