"""A stub endpoint for whole builds: it knows the sample's images by their bytes.

It writes, answers and verifies questions by the truth of the scenes. The model `large` is always
right; `small` errs on the types that the test names; `careless` writes a wrong answer for half of
the images. It is for kills and counting.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.questions.question_types import TYPE_DESCRIPTIONS
from locomo_vqa.builders.sample.generate import generate_sample
from locomo_vqa.builders.sample.scenes import Scene
from locomo_vqa.builders.sample.visual_questions import draw_visual_question
from locomo_vqa.images import for_model
from locomo_vqa.models.probes import known_images, known_probes
from tests.evaluators.stub_endpoint import StubEndpoint, completion, stub_endpoint

WRONG = "mistaken"
"""What `careless` writes in place of an answer."""


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class AllKnowing:
    """What the stub knows, and what it was asked."""

    def __init__(self, errs_on: Collection[str] = ()) -> None:
        benchmark = load_benchmark("sample")
        scenes = generate_sample().scenes
        self.errs_on = errs_on
        self.scenes: dict[str, Scene] = {}
        for record in benchmark.images:
            assert record.sha256 and record.url
            shown, _ = for_model(benchmark.read_image(record.sha256))
            self.scenes[_hash(shown)] = scenes[record.url]
        self.answers: dict[tuple[str, str], tuple[str, str]] = {}
        for item in known_probes():
            image = _hash(known_images()[item.image].data)
            self.answers[image, item.question] = (item.expected, "known")
        self.asked: Counter[str] = Counter()
        """How often each request was made."""
        self._lock = threading.Lock()

    def respond(self, request: dict[str, Any]) -> tuple[int, Any]:
        """Answer one request by what is true."""
        message = request["messages"][0]["content"]
        parts = [{"type": "text", "text": message}] if isinstance(message, str) else message
        text = next(part["text"] for part in parts if part["type"] == "text")
        urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        image = _hash(base64.b64decode(urls[0].partition(",")[2])) if urls else ""
        with self._lock:
            self.asked[json.dumps([request["model"], text, image])] += 1
            return completion(self._say(request["model"], text, image))

    def _say(self, model: str, text: str, image: str) -> str:
        kind = text.rpartition("Kind of question: ")[2].strip()
        type = next((type for type, words in TYPE_DESCRIPTIONS.items() if words == kind), None)
        if type is not None:
            rng = random.Random(f"{image}/{type}")
            item = draw_visual_question(self.scenes[image], type, rng)
            if item is None:
                return json.dumps({"question": None, "answer": None, "reason": "Nothing odd."})
            self.answers[image, item.question] = (item.answer, type)
            answer = WRONG if model == "careless" and int(image[0], 16) % 2 else item.answer
            return json.dumps({"question": item.question, "answer": answer, "reason": item.reason})
        if "takes for granted" in text:
            return "yes"
        if given := re.search(r"Question: (.*)\nGiven answer: (.*)\n", text):
            return "yes" if self.answers[image, given[1]][0] == given[2] else "no"
        if again := re.fullmatch(r"Look at the picture\. (.*) Reply with one word only.*", text):
            return self.answers[image, again[1]][0]
        found = re.search(r"Question: (.*)\nAnswer:", text)
        answer, type_of = self.answers.get((image, found[1] if found else ""), ("unknown", ""))
        return "wrong" if model == "small" and type_of in self.errs_on else answer


@contextmanager
def all_knowing(errs_on: Collection[str] = ()) -> Iterator[tuple[AllKnowing, StubEndpoint]]:
    """Serve until the block ends."""
    known = AllKnowing(errs_on)
    with stub_endpoint(known.respond) as endpoint:
        yield known, endpoint
