"""Names that deceive: with characters that can't be seen, or that look like another name.

Names are compared as a reader sees them, after Unicode's technical report 39: compatibility forms,
letter case, accents and separators are folded, and characters that look like Latin ones become
these. The table has the letters of alphabets that names are written in; words that mix Latin
letters with any other alphabet are found without it.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["appearance", "mixed_word", "unseen_characters"]

_LOOK_LIKE = {
    "a": "\u0430\u0410\u03b1\u0391\u0251\u237a",
    "b": "\u0432\u0412\u0392\u042c\u044c\u0184\u0299",
    "c": "\u0441\u0421\u03f2\u1d04",
    "d": "\u0501\u0256\u0257\u1d05",
    "e": "\u0435\u0415\u0454\u0404\u0395\u04bd\u212e\u1d07",
    "f": "\u03dd\u0584\ua730",
    "g": "\u0261\u0581\u050c\u0262",
    "h": "\u04bb\u04ba\u0570\u043d\u041d\u0397\u029c",
    "i": "\u0456\u0406\u03b9\u0399\u0269\u0131\u04cf\u04c0\u01c0\u026a",
    "j": "\u0458\u0408\u03f3\u1d0a",
    "k": "\u043a\u041a\u03ba\u039a\u1d0b",
    "l": "\u029f",
    "m": "\u043c\u041c\u039c\u03fb\u1d0d",
    "n": "\u0578\u057c\u039d\u0274",
    "o": "\u043e\u041e\u03bf\u039f\u0585\u0555\u0d20\u1d0f",
    "p": "\u0440\u0420\u03c1\u03a1\u1d18",
    "q": "\u051b\u051a\u0563\ua7af",
    "r": "\u0433\u1d26\u2c85\u0280",
    "s": "\u0455\u0405\ua731\u054f",
    "t": "\u0442\u0422\u03a4\u1d1b",
    "u": "\u03c5\u057d\u028b\u1d1c",
    "v": "\u03bd\u0475\u0474\u1d20",
    "w": "\u051d\u051c\u0561\u026f\u1d21",
    "x": "\u0445\u0425\u03a7\u00d7",
    "y": "\u0443\u0423\u04af\u04ae\u03a5\u028f",
    "z": "\u1d22\u0396",
    "2": "\u01a7\u01a8",
    "3": "\u01b7\u0292\u0417\u0437\u021c\u021d",
    "5": "\u01bc\u01bd",
    "6": "\u0431",
    "8": "\u0222\u0223",
}
"""Letters of other alphabets, and small capitals, by the Latin letter or the digit that they look
like; as codes, so that a reader of this file is not deceived either."""

_FOLDED = {ord(other): latin for latin, others in _LOOK_LIKE.items() for other in others}
_ALIKE = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("|", "l"))
"""What looks alike within the Latin script."""
_SEPARATORS = re.compile("[\\s\\-_\u00b7\u2010-\u2015\u2212\u30fb\ufe58]+")
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that are drawn as nothing, though their category doesn't say so."""
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")
"""Characters that belong to the symbol before them, such as an emoji."""
_UNSEEN_CATEGORIES = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
_MIXABLE = ("LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "GREEK")
"""Scripts that one word may mix; Greek letters that look like Latin ones are found by the table."""


def unseen_characters(text: str) -> list[str]:
    """Return the characters that can't be seen or change the order of others, as `U+200B`."""
    found: list[str] = []
    before_joiner = ""
    for character in text:
        if character in _JOINERS and unicodedata.category(before_joiner or " ") in ("So", "Sk"):
            continue
        before_joiner = character
        if _is_unseen(character):
            found.append(f"U+{ord(character):04X}")
    return list(dict.fromkeys(found))


def _is_unseen(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        category in _UNSEEN_CATEGORIES
        or (category == "Zs" and character not in " \u00a0\u3000")
        or character in _FILLERS
        or "VARIATION SELECTOR" in unicodedata.name(character, "")
    )


def appearance(name: str) -> str:
    """Return what a name looks like: two names with the same appearance can be confused."""
    seen = "".join(c for c in unicodedata.normalize("NFKD", name) if not _is_unseen(c))
    digits = "".join(_western(c) for c in seen if not unicodedata.combining(c))
    plain = digits.translate(_FOLDED)
    text = plain.casefold().translate(_FOLDED)
    for look, as_drawn in _ALIKE:
        text = text.replace(look, as_drawn)
    return _SEPARATORS.sub("-", text).strip("-")


def _western(character: str) -> str:
    """Return a digit of any script as one of 0 to 9."""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def mixed_word(name: str) -> str | None:
    """Return the first word that mixes Latin letters with look-alikes or with another alphabet."""
    words: list[str] = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", name))
    for word in words:
        scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
        foreign = any(
            ord(letter) in _FOLDED and not unicodedata.name(letter, "").startswith("LATIN")
            for letter in word
        )
        if "LATIN" in scripts and (foreign or not scripts <= set(_MIXABLE)):
            return word
    return None
