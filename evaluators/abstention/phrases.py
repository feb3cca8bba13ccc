"""The phrases by which `declining` recognises that an answer is not known, as patterns.

A word in angle brackets stands for one of a list; see `_WORDS`. Patterns are for lower case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["BARE", "CLAUSES", "PERSON", "PREAMBLE", "SOURCE_FIRST"]

_WORDS: Mapping[str, str] = {
    # Where a system looks.
    "source": "conversations?|contexts?|memory|memories|texts?|dialogues?|chats?|transcripts?|"
    "records?|information|passages?|excerpts?|notes|messages|speakers|details|data|history|logs?|"
    "documents?|snippets?|sessions?|it|they",
    # What a source does.
    "says": "mention(?:ed|s)?|say|says|said|states?|stated|specify|specifies|specified|provided?|"
    "provides|include[ds]?|contain(?:s|ed)?|indicate[ds]?|discuss(?:es|ed)?|gives?|given|gave|"
    "reveal(?:s|ed)?|describe[ds]?|record(?:s|ed)?|cover(?:s|ed)?|show(?:s|n|ed)?|t(?:ells?|old)|"
    "refer(?:s|red)?|referenced?|answer(?:s|ed)?|has|have|had|address(?:es|ed)?|"
    "detail(?:s|ed)?|shared?|shares|talk(?:s|ed)? about|identify|identifies|identified|"
    "explain(?:s|ed)?|clarify|clarifies|clarified|confirm(?:s|ed)?|name[ds]?|support(?:s|ed)?|"
    "offer(?:s|ed)?|suggest(?:s|ed)?|touch(?:es|ed)? (?:on|upon)|goes into|go into|list(?:s|ed)?|"
    "elaborate[ds]?|document(?:s|ed)?|disclose[ds]?",
    # What is done with a fact.
    "known": "mentioned|specified|stated|given|named|provided|discussed|recorded|indicated|known|"
    "revealed|available|described|clear|found|said|disclosed|identified|documented|covered|"
    "answerable|addressed|detailed|explained|listed|included|noted|present|referenced|"
    "talked about|brought up",
    # What may be missing.
    "fact": "information|info|mention|records?|indications?|details?|data|evidence|references?|"
    "memory|memories|pictures?|images?|photos?|photographs?|answers?|context|knowledge|notes?|"
    "messages?|discussions?|conversations?|statements?|entry|entries|clues?|hints?|dates?|"
    "reasons?|names?|results?|matches|facts?|way to (?:know|tell|say|determine)|"
    r"way of (?:knowing|telling|saying|determining)",
    "image": "pictures?|images?|photos?|photographs?",
    "doesnot": "(?:do|does|did|have|has|had|could|can|would|is|are|was|were)(?: not|n't)|"
    "cannot|can't|never",
}

_MANNER = (
    "explicitly|directly|specifically|clearly|actually|ever|really|currently|yet|been|in any way"
)
_SUCH = (
    "any|enough|sufficient|relevant|specific|explicit|direct|such|clear|further|stored|matching|"
    "available|other|additional|actual"
)


def _filled(pattern: str) -> str:
    """Return a pattern with its lists; `<how>` and `<such>` are any number of such words."""
    pattern = pattern.replace("<how>", f"(?:(?:{_MANNER}) )*")
    pattern = pattern.replace("<such>", f"(?:(?:{_SUCH}) )*")
    for name, words in _WORDS.items():
        pattern = pattern.replace(f"<{name}>", f"(?:{words})")
    return pattern.replace("<near>", "[^,;.]{0,60}?")


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(map(_filled, patterns)))


BARE = _any(
    r"(?:(?:it|that|this|the answer) (?:is|was) )?(?:"
    r"(?:[a-z]+ ){0,2}unknown\b|unspecified|undetermined|unanswerable|unclear|undisclosed|n\s?/\s?a"
    r"|idk|unsure|dunno|no idea|(?:[a-z]+ ){0,2}not (?:<how><known>|applicable|sure|certain|stored)"
    r"|not in (?:the|my|our|any|these) <near><source>"
    r"|no <such>(?:information|info|data|mention|record|memory|memories|answer|details?|evidence|"
    r"context|image|picture|photo)(?: (?:available|found|given|provided|recorded|exists?|yet))?"
    r"|(?:insufficient|not enough|inadequate|lacking|missing) (?:information|info|context|data|"
    r"details?|evidence)(?: (?:provided|available|given))?"
    r"|(?:can ?not|can't|could not|couldn't|unable to) (?:be )?(?:determined?|answer(?:ed)?|say"
    r"|tell|know|known|infer(?:red)?)"
    r"|question (?:is )?(?:unanswerable|not answerable))"
)
"""An answer that is nothing but one of these declines."""

CLAUSES = tuple(
    _any(pattern)
    for pattern in (
        # The source doesn't say it.
        r"\b(?!it\b|they\b)<source>\b<near> <doesnot> <how><says>\b",
        r"\b(?:it|they) <doesnot> <how>(?!have\b|had\b|show\b|give\b|support\b|offer\b)<says>\b",
        r"\b(?!it\b|they\b)<source>\b<near>\b<says> (?:no|nothing)\b",
        r"\b(?:it|they) (?:says?|mentions?|states?) nothing\b",
        r"\b(?:but|and) nothing (?:about|on|of|regarding)\b|\bsilent (?:on|about)\b",
        r"\bnone of (?:the|my|these|our)\b<near> <says>\b",
        r"\bnone of (?:them|these) <says>\b",
        r"\bno <source> <how><says>\b",
        r"\b(?:missing|absent) from (?:the|my|our|these|this)\b",
        r"\b(?:information|context|data|details?|evidence)\b<near> (?:is|are|was) (?:insufficient"
        r"|missing|lacking|inadequate|not (?:enough|sufficient))\b",
        # It isn't there.
        r"\bthere(?:'s| is| are| was| were| isn't| aren't| wasn't) (?:no|not|not any|nothing|any"
        r"|enough|insufficient) <such><fact>\b",
        r"\bthere(?:'s| is| was) (?:nothing|no one) (?:in|about|on|regarding|that|to)\b",
        r"\bno <such><fact>\b<near>\b(?:available|found|given|provided|shared|mentioned|exists?"
        r"|recorded|stored|stated|specified|returned|known|sent|posted|included)\b",
        r"^no [^,;.]{1,80}?\b(?:mentioned|specified|stated|provided|identified|recorded|available"
        r"|found|noted|listed|documented|described|given|discussed|detailed|indicated|confirmed"
        r"|appears?)\b",
        r"^no (?:evidence|indication|sign|proof)\b",
        r"^no <such><fact> (?:of|about|on|for|regarding|that|to|in)\b",
        r"\bnothing (?:was|is|has been|in|about|on|regarding|that)\b<near>"
        r"(?:\b(?:<known>|<says>|<source>)\b|$)",
        r"\bno (?:such )?<image>\b",
        # I don't know it.
        r"\b(?:i|we|i'm|we're|i've|we've)\b(?: (?:do|does|did|am|are|have|could|can|really|truly"
        r"|simply|just|still|was))*(?: not|n't|'t| never| cannot| unable| have no| had no)\b"
        r"[^,;.]{0,25}? ?\b(?:know|find|see|determine|have|tell|answer|recall|remember|say"
        r"|identify|locate|access|sure|aware|certain|t[o]ld|record|records|memory|information|info"
        r"|idea|answers?|details?|talked|discussed|confirm|provide|able|familiar|enough)\b",
        r"\b(?:i|we) (?:\w+ )?(?:found|find|see|saw|recall|remember|know of|know|got|get|hold) "
        r"(?:no|nothing)\b",
        r"\bfound no <such><fact>\b",
        r"\b(?:i|we) lack\b|\blacks? (?:the |any |sufficient |enough )?"
        r"(?:information|context|details?)\b",
        r"\bneed (?:more|further|additional) (?:information|context|details?)\b",
        r"\bi (?:don't|do not) (?:think|believe)\b<near>\b(?:shared?|posted|sent|mentioned|said"
        r"|t[o]ld)\b",
        r"^i\b<near>\b(?:cannot|can't|could not|couldn't|did not|didn't) (?:find|see|recall)\b",
        r"\b(?:i|we) (?:have|had)(?:n't| not| never) (?:seen|heard|read|been (?:t[o]ld|shown"
        r"|given))\b",
        r"\b(?:unable|not able|impossible|not possible) to (?:answer|view|see|recall|determine"
        r"|find|say|tell|know|identify|provide|locate|infer|confirm|give)\b",
        r"\b(?:can(?:no|')t|can not|could not|couldn't) (?:help|tell|say|confirm|verify|answer)\b",
        r"\bi wish i could\b",
        r"\byou (?:have not|haven't|did not|didn't|never|have never) (?:\w+ly )?(?:t[o]ld|tell|said"
        r"|say|mention|mentioned|share|shared)\b",
        # It isn't known.
        r"(?:\b(?:is|are|was|were|has|have|had|been)(?: (?:not|never|n't|no longer)|n't)|'s not"
        r"|^not) <how>(?:<known>\b|in (?:the|my|our|any|these)\b<near>\b<source>\b)",
        r"\b(?:is|are|was|were|'s|remains?) (?:still )?(?:unknown|unclear|unspecified|undisclosed"
        r"|unanswerable|undetermined|not answerable)\b",
        r"\b(?:can ?not|can't|could not|couldn't) be (?:\w+ly )?(?:determined|answered|inferred"
        r"|known|found|identified|established|confirmed|verified|deduced|said)\b",
        r"\b(?:insufficient|not enough) (?:information|info|context|data|details?|evidence)\b",
        r"\b(?:never|not|n't) (?:come|came|comes|brought|been brought) up\b",
        r"\bleft (?:unmentioned|open|unsaid|unspecified|unstated)\b",
        r"\bleaves? (?:this|that|it) open\b",
        r"\bnot (?:something|anything|a thing) (?:that )?(?:i|we|the|they|was|is|has)\b",
        r"\b(?:is|are|was|were)(?:n't| not) (?:something|anything)\b",
        # No one showed it.
        r"\b(?:did not|didn't|never|has not|hasn't|had not|hadn't|have not) (?:\w+ly )?(?:share"
        r"|shared|post|posted|send|sent|upload|uploaded|show|showed|shown)\b[^,;.]{0,25}?"
        r"\b(?:<image>|anything)\b",
    )
)
"""Clauses that say that something isn't known."""

PERSON = _any(
    r"^(?:(?:[Aa]lthough|[Tt]hough|[Ww]hile) [^,]{1,80}, |[^,;.]{1,80}, but )?"
    r"(?:[A-Z]\w+(?: and [A-Z]\w+)?|[Ss]he|[Hh]e|[Tt]hey) <doesnot> <how>"
    r"(?:mention(?:ed)?|say|said|specify|specified|state[d]?|discuss(?:ed)?|talk(?:ed)? about|"
    r"reveal(?:ed)?|report(?:ed)?|indicate[d]?|bring up|brought up|refer to|"
    r"(?:provided?|shared?) (?:that|this|any|an?|when|where|what|why|how|"
    r"the (?:date|name|details?|reason)))\b"
)
"""A person of the conversation who did not say it, at the beginning; for text as it is written."""

PREAMBLE = _any(
    r"(?:i'm |i am |we're )?(?:so |very )?(?:sorry|afraid|apologi[sz]e|apologies|unfortunately|"
    r"regrettably|hmm+|well|honestly|actually|no|sadly)\b(?: but| that)?",
    r"(?:based on|according to|without|from|(?:in|within|after) (?:the|this|these|our|my|any|all)|"
    r"given|looking at|going by|as far as|having)\b.{0,90}",
    r"(?:the|this|that|it|a|an|his|her|their|its|my|our|any|what|who|where|when|why|how|which|"
    r"whether|there|i|we|your|but|and|however|so)\b.{0,90}",
    r"\W*",
)
"""A part of a sentence, up to a comma, that may stand before a clause that declines."""

SOURCE_FIRST = _any(
    r"^(?:(?:in|from) )?(?:the|this|that|these|your|my|our) (?:[a-z']+ ){0,3}<source>\b"
)
"""The beginning of a sentence about the source itself."""
