"""How much a split has to read and to ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from locomo_vqa.benchmark import SPLITS, Benchmark

from .paper import load_paper

__all__ = ["SplitSizes", "has_locomo", "locomo_sizes", "merged", "sizes_of"]

_WINDOW = 2
_VISUAL_TYPES = 3
"""Visual questions of an image (MemLoRA, section 3.3)."""
_ADVERSARIAL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSizes:
    """The sizes of a split."""

    conversations: int
    """Conversations."""
    windows: int
    """Pieces of two turns, which are extracted together."""
    text_questions: int
    """Text questions, adversarial ones included."""
    scored_questions: int
    """Text questions that L and J count."""
    visual_questions: int
    """Visual questions."""

    def limited(self, limit: int | None) -> SplitSizes:
        """Return the sizes of a trial with this many questions of each conversation."""
        if limit is None:
            return self
        visual = min(self.visual_questions, self.conversations * (limit // 2))
        text = min(self.text_questions, self.conversations * limit - visual)
        return replace(
            self,
            text_questions=text,
            scored_questions=min(self.scored_questions, text),
            visual_questions=visual,
        )


def locomo_sizes() -> dict[str, SplitSizes]:
    """Return the sizes of LoCoMo's splits, with three visual questions for every image address."""
    return {
        name: SplitSizes(
            conversations=split["conversations"],
            windows=split["windows"],
            text_questions=split["text_questions"],
            scored_questions=split["scored_questions"],
            visual_questions=_VISUAL_TYPES * split["images"],
        )
        for name, split in load_paper().locomo["splits"].items()
    }


def merged(sizes: Sequence[SplitSizes]) -> SplitSizes:
    """Return the sizes of several splits together."""
    names = [each.name for each in fields(SplitSizes)]
    return SplitSizes(**{name: sum(getattr(each, name) for each in sizes) for name in names})


def has_locomo(sizes: Mapping[str, SplitSizes]) -> bool:
    """Return whether these are LoCoMo's conversations and text questions, in any splits."""
    ours, locomo = (merged(list(each.values())) for each in (sizes, locomo_sizes()))
    return replace(ours, visual_questions=0) == replace(locomo, visual_questions=0)


def sizes_of(benchmark: Benchmark) -> Mapping[str, SplitSizes]:
    """Return the sizes of a benchmark's splits."""
    return {split: _size(benchmark, split) for split in SPLITS}


def _size(benchmark: Benchmark, split: str) -> SplitSizes:
    sessions = [
        session
        for conversation in benchmark.conversations
        if conversation.split == split
        for session in conversation.sessions
    ]
    questions = [each for each in benchmark.text_questions if each.split == split]
    return SplitSizes(
        conversations=sum(each.split == split for each in benchmark.conversations),
        windows=sum(-(-len(session.turns) // _WINDOW) for session in sessions),
        text_questions=len(questions),
        scored_questions=sum(each.category != _ADVERSARIAL for each in questions),
        visual_questions=sum(each.split == split for each in benchmark.visual_questions),
    )
