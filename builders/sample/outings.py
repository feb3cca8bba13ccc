"""Days out, each with a picture."""

from __future__ import annotations

from .stories import Ask, Beat, Story

__all__ = ["PICTURES"]

_OUTINGS = {
    "boat": ("the harbour festival", "There was so much to see on the water."),
    "house": ("the street fair", "I could have looked at the houses for hours."),
    "hat": ("the hat market", "There were hats wherever I looked."),
    "box": ("the gift fair", "I love the way people wrap presents."),
    "balloon": ("the balloon parade", "Everybody carried a balloon."),
    "car": ("the car show", "I wanted to drive every one of them."),
    "cake": ("the baking contest", "The cakes were almost too pretty to eat."),
    "kite": ("the kite festival", "The wind was just right."),
}


def _outing(kind: str, place: str, remark: str) -> Story:
    """A day out with somebody, of which a picture is shared."""
    told = (
        (
            f"!I went to {place} {{when0}} with {{company}} {{name}}. {remark} {{look}}",
            "{admire}",
        ),
        (
            "I had such a good time lately.",
            "Tell me, what did you do?",
            f"!{{company_start}} {{name}} took me to {place} {{when0}}. {remark} {{look}}",
            "{admire}",
        ),
        (
            f"!You missed {place} {{when0}}! I was there with {{company}} {{name}}. {{look}}",
            "{admire}",
            "I'll take you along next time.",
        ),
        (
            f"!I finally went to {place}! That was {{when0}}, with {{company}} {{name}}. {{look}}",
            "{admire}",
        ),
        (
            f"Have you ever been to {place}?",
            "No, never. Is it worth it?",
            f"!It is! {{company_start}} {{name}} and I went there {{when0}}. {remark} {{look}}",
            "{admire}",
        ),
        (
            f"!{{company_start}} {{name}} talked me into going to {place} {{when0}}. {{look}}",
            "{admire}",
            f"Thanks! {remark}",
        ),
    )
    return Story(
        f"outing-{kind}",
        (Beat(told, when="recent", picture=kind),),
        (
            Ask(2, f"When did {{who}} go to {place}?", "{date0}", swap=True),
            Ask(
                4,
                f"Who went to {place} with {{who}}?",
                "{name}",
                swap=True,
                twist=f"Who missed {place} because of {{who}}?",
            ),
        ),
        {"name": "companions", "company": "company"},
    )


PICTURES: tuple[Story, ...] = tuple(_outing(kind, *words) for kind, words in _OUTINGS.items())
"""Days out with a picture, one for each kind of thing that pictures show."""
