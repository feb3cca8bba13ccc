"""L: the mean of ROUGE-1 F1, METEOR, BERTScore F1 and SBERT cosine.

The MemLoRA paper (arXiv 2512.04763) names the four parts and gives no weights; equal weights add
no assumption.
"""

from __future__ import annotations

from .base import BatchMetric
from .l_parts import L_PARTS, EncodedMetric, LParts

__all__ = ["open_metric"]


def open_metric(parts: LParts) -> BatchMetric:
    """Return L.

    Raises:
        InputError: a file of an encoder is damaged.
        MissingResource: an encoder is not on this machine.
    """
    signatures = "; ".join(parts.signature(part) for part in L_PARTS)
    return EncodedMetric(
        name="l",
        signature=f"l:mean,preset={parts.settings.preset}|{signatures}",
        values=parts,
        parts=L_PARTS,
    )
