"""The models that ship with the package: two that see images, one for text, and a student.

`embedded:large` and `embedded:small` have InternVL's architecture and know the sample's images;
`embedded:text-large` has Qwen2's, and runs the stages of a memory system on the sample's
conversations. `embedded:student` sees images and runs these stages too, carelessly; MemLoRA's
experts for it are in its folder. All were trained from scratch and know nothing else.
They run on onnxruntime; transformers loads the same folders.
"""

from __future__ import annotations

from locomo_vqa.models.embedded.runtime import (
    SIZES,
    EmbeddedModel,
    EmbeddedPrompt,
    EmbeddedReply,
    Size,
)

__all__ = ["SIZES", "EmbeddedModel", "EmbeddedPrompt", "EmbeddedReply", "Size"]
