"""Measure what DuoMem's adapter brings, and what limits it: student, targets, or method.

    python -m benchmarks.duomem_adapter [--work duomem-adapter] [--only ROW ...]

Two samples of 40 conversations are drawn, each with a seed of its own. On one, the teacher
`embedded:text-large` makes memories and answers; on the other, which no training saw, every row
answers the text questions that have a gold answer, over the teacher's memories unless its name says
otherwise. A trained row differs from `adapter` in what its name says; `benchmarks.duomem_rows` has
the rows. Columns:

F1          Mem0's F1
J           by the judge of rules
contains    share of replies that contain the gold answer
words       words per reply
to BASE     difference in F1 to the row without an adapter, with the interval of `compare`

Needs the extra `models`. Repeat the command to go on: finished rows are kept in the work folder.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import locomo_vqa as lv
from benchmarks.duomem_rows import KNOWING, ROWS, STUDENT, TEACHER, Row
from benchmarks.duomem_students import drawn_examples, make_knowing_student
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.builders.sample.benchmark import write_sample_benchmark
from locomo_vqa.evaluators.distilling.adapter_check import describe_answers
from locomo_vqa.evaluators.distilling.duomem import distill
from locomo_vqa.evaluators.distilling.examples import Example, read_examples
from locomo_vqa.evaluators.distilling.lora_fit import fit_lora
from locomo_vqa.evaluators.distilling.stages import DistillStage
from locomo_vqa.evaluators.distilling.teacher_pipeline import Teacher, TeacherPipeline
from locomo_vqa.evaluators.memory import (
    Pipeline,
    open_embedder,
    read_memories,
    student_base,
    student_settings,
)
from locomo_vqa.evaluators.running.view import ConversationView
from locomo_vqa.files import read_json, read_jsonl, write_json
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatModel
from locomo_vqa.models.expert_opening import open_experts
from locomo_vqa.models.experts import find_experts
from locomo_vqa.models.names import parse_name
from locomo_vqa.models.opening import open_model

CONVERSATIONS, TRAINING_SEED, TEST_SEED = 40, 1, 2
THRESHOLD = 0.5
"""The default of `distill duomem`."""
AT_ONCE = 16
OPTIONS = {"top_k": "10"}
"""The default of embedded models, for every student."""


class Work:
    """The folder with all that is drawn, taught, trained and answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.training = self._draw("training", TRAINING_SEED)
        self.test = self._draw("test", TEST_SEED)

    def _draw(self, name: str, seed: int) -> Benchmark:
        path = self.folder / name
        if not path.exists():
            name = f"sample-seed-{seed}"
            write_sample_benchmark(path, seed=seed, conversations=CONVERSATIONS, name=name)
        return lv.load_benchmark(path)

    def asked(self, row: Row) -> Benchmark:
        """Return the benchmark whose questions a row answers."""
        if not row.seen:
            return self.test
        seen = tuple(each for each in self.training.conversations if each.split == "train")
        asked = tuple(each for each in self.training.text_questions if each.split == "train")
        return replace(self.training, conversations=seen, text_questions=asked, visual_questions=())

    def memories(self, row: Row) -> Path:
        """Return the folder of the memories that a row answers from."""
        if row.seen:
            return self.taught() / "memories"
        out = self.folder / ("test-student" if row.own_memories else "test-teacher")
        self._distill(self.test, STUDENT if row.own_memories else TEACHER, out, "memories")
        return out / "memories"

    def taught(self) -> Path:
        """Return the folder with all answers of the teacher, good or not."""
        out = self.folder / "taught"
        for stage in ("memories", "answers"):
            self._distill(self.training, TEACHER, out, stage)
        return out

    def _distill(self, on: Benchmark, teacher: str, out: Path, stage: DistillStage) -> None:
        made = {"memories": "memories/manifest.json", "answers": "answers.json"}[stage]
        if (out / made).exists():
            return
        distill(
            on,
            teacher=teacher,
            student=STUDENT,
            out=out,
            only=stage,
            options=OPTIONS,
            threshold=0.0,  # `examples` leaves out what a row does not learn.
        )

    def student(self, row: Row) -> str:
        """Return the model's name of the student of a row."""
        return make_knowing_student(self.folder) if row.student == KNOWING else row.student

    def examples(self, row: Row) -> list[Example]:
        """Return what the adapter of a row learns."""
        if row.targets == "drawn":
            return drawn_examples(row.count or 0)
        gold = {each.id: str(each.answer) for each in self.training.text_questions}
        path = self.taught() / "answers.jsonl"
        rows = [each for _, each in read_jsonl(path, what="the teacher's answers")]
        least = THRESHOLD if row.targets == "good" else 0.0
        replies = [
            (each["prompt"], gold[each["question_id"]] if row.targets == "gold" else each["reply"])
            for each in rows
            if each["score"] >= least
        ]
        found = [Example(prompt=prompt, reply=reply) for prompt, reply in replies]
        return row.choose(found)

    def adapter(self, row: Row) -> Path | None:
        """Return the adapter of a row, which is trained if it does not exist."""
        if row.targets is None:
            return None
        out = self.folder / "adapters" / (row.adapter or row.name).replace(" ", "-")
        out.parent.mkdir(exist_ok=True)
        if not out.exists():
            fit_lora(
                student_base(self.student(row)),
                self.examples(row),
                read_examples(self.taught() / "validation.jsonl"),
                row.lora,
                out,
                progress=lambda *_: None,
            )
        return out

    def answers(self, row: Row) -> dict[str, str]:
        """Return the answers of a row by question id."""
        path = self.folder / "answers" / f"{row.name.replace(' ', '-')}.json"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            adapter, student = self.adapter(row), self.student(row)
            asked = answer_all(self.asked(row), self.memories(row), student, adapter)
            write_json(path, asyncio.run(asked))
        found: dict[str, str] = read_json(path, what="the answers")
        return found


async def answer_all(
    benchmark: Benchmark, folder: Path, student: str, adapter: Path | None
) -> dict[str, str]:
    """Return the answers of a student over memories, by question id, as `duomem` makes them."""
    base: ChatModel
    if adapter is None:
        base = model = open_model(student)
    else:
        (found,) = find_experts(adapter.parent, [adapter.name])
        experts = open_experts(parse_name(student), [replace(found, name="generation")])
        base, model = experts, experts.expert("generation")
    settings = student_settings(OPTIONS, student)
    embedder, memories = open_embedder(settings.embedder), read_memories(folder)
    answers: dict[str, str] = {}
    for conversation in benchmark.conversations:
        pipeline = TeacherPipeline(Teacher(model, student), settings, embedder).pipeline
        await pipeline.load(memories.of(conversation.id))
        now = ConversationView(benchmark, conversation, "none").now
        answers |= await _answer(pipeline, now, asked_of(benchmark, conversation.id))
    await base.close()
    return answers


async def _answer(pipeline: Pipeline, now: datetime, asked: Mapping[str, str]) -> dict[str, str]:
    """Return the answers to questions by id, in the order of the questions."""

    async def ask(id: str) -> str:
        return (await pipeline.answer(asked[id], now)).text

    found = {id: text async for id, text in gather_bounded(asked, ask, at_once=AT_ONCE)}
    return {id: found[id] for id in asked}


def asked_of(benchmark: Benchmark, conversation: str) -> dict[str, str]:
    """Return the text questions of a conversation that have a gold answer, by id."""
    return {
        each.id: each.question
        for each in benchmark.text_questions
        if each.conversation == conversation and each.category != 5
    }


def figures(work: Work, row: Row) -> Sequence[str]:
    """Return the cells of a row."""
    answers = work.answers(row)
    gold = {each.id: str(each.answer) for each in work.asked(row).text_questions}
    described = describe_answers(list(answers.values()), [gold[id] for id in answers])
    f1, j = f"{described['f1']:.3f}", f"{_judged(work.asked(row), answers):.1f}"
    cells = [row.name, f1, j, f"{described['contains_gold']:.0%}", f"{described['words']:.1f}"]
    if row.base is None:
        return [*cells, ""]
    base = work.answers(next(each for each in ROWS if each.name == row.base))
    found = lv.compare(base, answers, benchmark=work.test, metrics=["f1"], progress=False)
    overall = found.metrics[0].overall
    assert overall.interval is not None
    low, high = overall.interval.low, overall.interval.high
    return [*cells, f"{overall.difference:+.3f} ({low:+.3f} … {high:+.3f})"]


def _judged(benchmark: Benchmark, answers: Mapping[str, str]) -> float:
    scores = lv.score(
        answers,
        benchmark=benchmark,
        metrics=["j"],
        judge="rules",
        judge_check=False,
        progress=False,
    )
    value = scores["j"].value
    assert value is not None
    return value


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, default=Path("duomem-adapter"))
    names = [row.name for row in ROWS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="ROW")
    arguments = parser.parse_args()
    work = Work(arguments.work)
    print("| row | F1 | J | contains | words | to its base |\n" + "| --- " * 6 + "|")
    for row in ROWS:
        if row.name in arguments.only:
            print(f"| {' | '.join(figures(work, row))} |", flush=True)


if __name__ == "__main__":
    main()
