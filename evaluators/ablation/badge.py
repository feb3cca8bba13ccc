"""Draws the badge that a README can carry: the claim, the verdict, the benchmark, and the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from locomo_vqa.files import write_text

from .certificate import CLAIMS, VERDICTS, Certificate, Verdict

if TYPE_CHECKING:
    from .result import Ablation

__all__ = ["BADGE_FILE", "badge", "write_badge"]

BADGE_FILE = "certificate.svg"
"""The name of the badge's file, which is next to ablation.json."""

_COLOURS: Mapping[Verdict, str] = {
    "proven": "#1a6b3c",
    "not_shown": "#5b5f66",
    "refuted": "#a3262a",
}
_MOST_CHARACTERS = 40
_HEIGHT = 22
_CHARACTER = 6.6
_MARGIN = 9
_FONT = "Verdana, DejaVu Sans, sans-serif"


def badge(certificate: Certificate, *, benchmark: str, day: date) -> str:
    """Return an SVG drawing, which needs no font and no network.

    The width of a text is set, so that it fits whatever font a reader has.
    """
    claim = CLAIMS[certificate.visual].lower()
    verdict, colour = VERDICTS[certificate.verdict], _COLOURS[certificate.verdict]
    name = benchmark if len(benchmark) <= _MOST_CHARACTERS else f"{benchmark[:39]}…"
    parts = (
        (claim, "#24292f"),
        (verdict, colour),
        (f"{name}, {day.isoformat()}", "#3d444d"),
    )
    title = f"{claim}: {verdict} ({name}, {day.isoformat()})"
    drawn, left = [], 0.0
    for text, fill in parts:
        width = round(len(text) * _CHARACTER + 2 * _MARGIN, 1)
        drawn.append(_part(text, left=left, width=width, fill=fill))
        left = round(left + width, 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left}" height="{_HEIGHT}" '
        f'viewBox="0 0 {left} {_HEIGHT}" role="img" aria-label={quoteattr(title)}>\n'
        f"<title>{escape(title)}</title>\n"
        f'<clipPath id="corners"><rect width="{left}" height="{_HEIGHT}" rx="4"/></clipPath>\n'
        f'<g clip-path="url(#corners)" font-family="{_FONT}" font-size="11" fill="#fff">\n'
        f"{''.join(drawn)}</g>\n</svg>\n"
    )


def _part(text: str, *, left: float, width: float, fill: str) -> str:
    length = round(width - 2 * _MARGIN, 1)
    return (
        f'<rect x="{left}" width="{width}" height="{_HEIGHT}" fill="{fill}"/>\n'
        f'<text x="{round(left + _MARGIN, 1)}" y="15" textLength="{length}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(text)}</text>\n'
    )


def write_badge(ablation: Ablation, benchmark: str) -> None:
    """Write the badge of an ablation's certificate into its folder, with the day of its last run.

    `benchmark` is the benchmark's name.
    """
    assert ablation.certificate is not None
    days = [
        attempt["ended"][:10] for mode in ablation.modes for attempt in _attempts(mode.run.info)
    ]
    drawing = badge(ablation.certificate, benchmark=benchmark, day=date.fromisoformat(max(days)))
    write_text(ablation.folder / BADGE_FILE, drawing)


def _attempts(info: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    attempts: Sequence[Mapping[str, str]] = info["record"]["attempts"]
    return attempts
