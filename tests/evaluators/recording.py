"""A system that notes what it was shown, and a harness around it; more than one test needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.evaluators.hosting import in_process
from locomo_vqa.evaluators.loading import LoadedSystem
from locomo_vqa.evaluators.running.harness import Harness
from locomo_vqa.runs import ImageMode, VisualMode
from locomo_vqa.system import Answer, Endpoint, Hit, Services, ShownImage, ShownTurn, Usage

SAMPLE = load_benchmark("sample")
TEST = questions_of(SAMPLE, "test")


class Recorder:
    """A system that notes what it was shown; each test makes a subclass of its own."""

    seen: list[ShownTurn]
    asked: list[tuple[str, Any]]
    pixels: dict[Path, bytes]
    """What was in the files of images in turns, which are gone after the run."""

    def open(self, conversation: Any, workdir: Path, services: Services) -> None:
        (workdir / "store").write_text(conversation.id)
        assert list(workdir.iterdir()) == [workdir / "store"]

    def add(self, turns: Any) -> None:
        self.seen.extend(turns)
        images = (image for turn in turns for image in turn.images if image.path)
        self.pixels.update({image.path: image.path.read_bytes() for image in images})

    def flush(self) -> None: ...

    def answer(self, question: str, *, now: Any) -> Any:
        self.asked.append((question, now))
        return "an answer"

    def answer_visual(self, question: str, *, image: ShownImage | None, now: Any) -> Any:
        self.asked.append((question, image))
        return Answer(
            text="red",
            retrieved=(Hit(text="a turn", turn="D1:1"),),
            usage=Usage(input_tokens=3, output_tokens=1, calls=1),
        )

    def close(self) -> None: ...


def recorder(**methods: Any) -> type[Recorder]:
    return type("Own", (Recorder,), {"seen": [], "asked": [], "pixels": {}, **methods})


def harness(
    make: Any,
    out: Path,
    images: ImageMode = "pixels",
    llm: Endpoint | None = None,
    visual: VisualMode = "given",
) -> Harness:
    system = LoadedSystem(
        name="own",
        version=None,
        uses_images=True,
        prompt_sha256=None,
        needs_model=False,
        host=in_process(make),
    )
    return Harness(
        system=system,
        benchmark=SAMPLE,
        split="test",
        images=images,
        services=Services(llm=llm),
        out=out,
        visual=visual,
    )
