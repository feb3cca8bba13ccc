"""InternVL's processor without its video part, which needs torchvision."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

__all__ = ["image_processor_class"]


@cache
def image_processor_class() -> Any:
    """Return a class with the interface of `transformers.InternVLProcessor`, for images only.

    `transformers.AutoProcessor` also builds a video processor, which fails without torchvision.
    Token ids and pixels are the same as with the full processor.
    """
    from transformers import InternVLProcessor  # type: ignore[import-not-found,unused-ignore]
    from transformers.processing_utils import (  # type: ignore[import-not-found,unused-ignore]
        ProcessorMixin,
    )

    class ImageProcessor(InternVLProcessor):  # type: ignore[misc,unused-ignore]
        def __init__(
            self,
            image_processor: Any = None,
            tokenizer: Any = None,
            image_seq_length: int = 256,
            chat_template: str | None = None,
            **_: Any,
        ) -> None:
            base: Any = ProcessorMixin
            base.__init__(self, image_processor, tokenizer, chat_template=chat_template)
            self.image_seq_length = image_seq_length
            for name in ("start_image_token", "end_image_token"):
                setattr(self, name, getattr(tokenizer, name))
                setattr(self, f"{name}_id", getattr(tokenizer, f"{name}_id"))
            self.image_token = tokenizer.context_image_token
            self.image_token_id = tokenizer.context_image_token_id
            self.video_token = tokenizer.video_token
            image, video = re.escape(self.image_token), re.escape(self.video_token)
            self.multimodal_pattern = re.compile(f"(?P<image>{image})|(?P<video>{video})")

    ImageProcessor.__name__ = InternVLProcessor.__name__
    return ImageProcessor
