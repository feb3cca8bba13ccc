"""The vision-language models that the package carries: `embedded:large` and `embedded:small`.

They have InternVL's architecture, were trained from scratch on the sample's pictures, and know
nothing else. They run on onnxruntime; transformers loads the same folders.
"""

from __future__ import annotations

from locomo_vqa.models.embedded.runtime import SIZES, EmbeddedModel, EmbeddedPrompt, Size

__all__ = ["SIZES", "EmbeddedModel", "EmbeddedPrompt", "Size"]
