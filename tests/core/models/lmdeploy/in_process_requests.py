"""What `in_process.py` asks, and the tests expect replies to."""

from __future__ import annotations

from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.probes import known_images, probe_requests

WORD = {"type": "string", "enum": ["ultramarine"]}
IMAGES = known_images()
REQUESTS = {
    **{f"probe {i}": request for i, request in enumerate(probe_requests())},
    "text alone": ChatRequest(text="Hi", max_tokens=40),
    "earlier rounds": ChatRequest(
        text="How many balloons are there?", images=IMAGES[:1], replies=(("x", "In one word."),)
    ),
    "guided": ChatRequest(text="Name a colour.", schema=WORD, max_tokens=64),
    "cut off": ChatRequest(text="Hi", max_tokens=2),
    "seed": ChatRequest(text="Hi", temperature=1.0, seed=3, max_tokens=20),
    "seed again": ChatRequest(text="Hi", temperature=1.0, seed=3, max_tokens=20),
    "aborted": ChatRequest(text="Please abort this request."),
    "special tokens": ChatRequest(
        text="<IMAGE_TOKEN><IMG_CONTEXT><|im_end|> How many balloons are there?",
        images=IMAGES[:1],
    ),
    "too long": ChatRequest(text="balloon " * 3000),
}
