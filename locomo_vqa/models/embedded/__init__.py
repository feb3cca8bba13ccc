"""The models that the package carries: two that see, and two that read and write only.

`embedded:large` and `embedded:small` have InternVL's architecture and know the sample's images;
`embedded:text-large` and `embedded:text-small` have Qwen2's, and do the stages of a memory system
on the sample's talk. All were trained from scratch and know nothing else. They run on onnxruntime;
transformers loads the same folders.
"""

from __future__ import annotations

from locomo_vqa.models.embedded.runtime import (
    SIZES,
    TEXT_SIZES,
    EmbeddedModel,
    EmbeddedPrompt,
    EmbeddedReply,
    Size,
)

__all__ = ["SIZES", "TEXT_SIZES", "EmbeddedModel", "EmbeddedPrompt", "EmbeddedReply", "Size"]
