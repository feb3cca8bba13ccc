"""A stub that reads, answers and judges for a table of the paper, and a benchmark that is short."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from tests.evaluators.counting_endpoint import cost_of, tokens_of
from tests.evaluators.recording import SAMPLE
from tests.evaluators.stub_endpoint import StubEndpoint

VERDICT = '{"verdict": "CORRECT"}'


def say(body: dict[str, Any]) -> str:
    """Extract nothing but what a student's prompt asks for, answer, and find all answers right."""
    text = str(body["messages"][-1]["content"])
    if "verdict" in text:
        return VERDICT
    if text.startswith("Note what"):
        return json.dumps({"facts": text.split("\n")[2:]})
    if text.startswith("Memories now"):
        facts = json.loads(text.split("\n")[1].removeprefix("New facts: "))
        return json.dumps({"memory": [{"id": "n", "event": "ADD", "text": f} for f in facts]})
    return '{"facts": []}' if "facts" in text else "blue"


def write_short_benchmark(folder: Path) -> None:
    """Write a session of a conversation of each split, and text questions, without images."""
    short = {c.id: replace(c, sessions=c.sessions[:1]) for c in SAMPLE.conversations}
    kept = [short[name] for name in ("sample-01", "sample-08", "sample-09")]
    content = BenchmarkContent(
        name="short",
        license=None,
        sources=[],
        conversations=[
            replace(
                c,
                sessions=[
                    replace(s, turns=[replace(t, images=()) for t in s.turns]) for s in c.sessions
                ],
            )
            for c in kept
        ],
        text_questions=[q for q in SAMPLE.text_questions if q.conversation in {c.id for c in kept}],
        visual_questions=[],
        images=[],
        image_files={},
        report={},
    )
    write_benchmark(folder, content)


def price_of(bodies: list[dict[str, Any]]) -> float:
    """Return what the endpoint would charge for requests."""
    return sum(cost_of(tokens_of(b), max(1, len(say(b).encode()) // 4)) for b in bodies)


def of_judge(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [body for body in bodies if say(body) == VERDICT]


def sorted_texts(bodies: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(body, sort_keys=True) for body in bodies)


def write_call(out: Path, endpoint: StubEndpoint, model: str) -> float:
    """Write the list of one call to a judge, and return what it cost."""
    call = {"time": "2026-02-01T00:00:00+00:00", "stage": "score", "role": "judge"}
    call |= {"model": model, "provider": endpoint.url.removeprefix("http://"), "outcome": "ok"}
    counts = {"input_tokens": 1500, "output_tokens": 200, "seconds": 1.0, "images": 0}
    out.mkdir()
    (out / "calls.jsonl").write_text(json.dumps({**call, **counts}) + "\n")
    return cost_of(1500, 200)
