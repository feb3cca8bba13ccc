"""How many false golds of a build the verifier finds: `python -m benchmarks.false_golds --seed N`.

Makes the sample of a seed, of whose images everything is known, builds it by the recipe `sample`,
and compares what the verifier says with the truth. A gold is false if its question takes something
for granted that is not in the image, or if its answer is wrong (`builders/sample/truth.py`). Found
are false golds that the verifier does not agree with; false alarms are true ones.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import QUESTION_TYPES, load_benchmark
from locomo_vqa.builders.build import build
from locomo_vqa.builders.recipe import load_recipe
from locomo_vqa.builders.sample.generate import image_name, write_sample
from locomo_vqa.builders.sample.scenes import Scene
from locomo_vqa.builders.sample.truth import is_true, premise_holds
from locomo_vqa.files import read_jsonl, write_jsonl

FOUND, ALARMS, TRUE = 0.80, 0.05, 0.97
"""The goals: found of the false golds, false alarms of the true ones, true of those left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedQuestion:
    """A question of a build, with the truth."""

    type: str
    published: bool
    """Whether its type was chosen, so that it is published."""
    true: bool
    premise: bool
    """Whether its premise is true."""
    agreed: bool


def main() -> None:
    """Build the sample of a seed and print what the verifier finds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the sample; 0 is the package's"
    )
    parser.add_argument("--work", type=Path, help="folder to build in; a temporary one by default")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    began, used = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        judged = judged_questions(arguments.seed, arguments.work or Path(folder))
    rows = figures(judged)
    print(table(rows))
    print(f"Seed {arguments.seed}. {verdict(rows['published'])}")
    took, cpu = time.monotonic() - began, time.process_time() - used
    print(f"{took:.0f} seconds, {cpu:.0f} CPU seconds")
    if arguments.json:
        text = json.dumps({"seed": arguments.seed, "rows": rows}, indent=2)
        arguments.json.write_text(f"{text}\n", encoding="utf-8")


def judged_questions(seed: int, folder: Path) -> list[JudgedQuestion]:
    """Build the sample of a seed; return the questions of its probe and of its data set."""
    sample = write_sample(folder / "sample", seed=seed)
    files = [{"url": url, "file": f"images/{image_name(url)}"} for url in sample.scenes]
    write_jsonl(folder / "sample" / "mirror.jsonl", files)
    recipe = replace(load_recipe("sample"), locomo=str(folder / "sample" / "locomo.json"))
    done = build(
        recipe,
        work=folder / "work",
        mirror=folder / "sample",
        stages=["ingest", "images", "split", "probe", "select", "generate"],
        progress=False,
    )
    assert done.selection is not None
    return judge(done.work, sample.scenes, done.selection.types)


def judge(work: Path, scenes: Mapping[str, Scene], chosen: Sequence[str]) -> list[JudgedQuestion]:
    """Return the questions of a work folder with the truth of their images, each once."""
    images = load_benchmark(work / "3-split").images
    by_image = {image.sha256: scenes[image.url] for image in images if image.sha256 and image.url}
    rows: dict[str, Mapping[str, Any]] = {}
    for name in ("probe.jsonl", "questions.jsonl"):
        for _, row in read_jsonl(work / name, what="the questions"):
            if row["state"] == "ok":
                rows[row["id"]] = row
    return [_judged(row, by_image[row["image"]], chosen) for row in rows.values()]


def _judged(row: Mapping[str, Any], scene: Scene, chosen: Sequence[str]) -> JudgedQuestion:
    type, question, answer = row["type"], row["question"], row["answer"]
    return JudgedQuestion(
        type=type,
        published=type in chosen,
        true=bool(is_true(scene, type, question, answer)),
        premise=bool(premise_holds(scene, type, question)),
        agreed=bool(row["quality"]["agreed"]),
    )


def figures(judged: Sequence[JudgedQuestion]) -> dict[str, dict[str, int]]:
    """Return the numbers of each type, of those published, and of all."""
    groups: dict[str, Iterable[JudgedQuestion]] = {
        type: [each for each in judged if each.type == type] for type in QUESTION_TYPES
    }
    groups["published"] = [each for each in judged if each.published]
    groups["all"] = judged
    return {name: _numbers(list(group)) for name, group in groups.items()}


def _numbers(judged: Sequence[JudgedQuestion]) -> dict[str, int]:
    false = [each for each in judged if not each.true]
    agreed = [each for each in judged if each.agreed]
    return {
        "questions": len(judged),
        "false_premise": sum(not each.premise for each in false),
        "wrong_answer": sum(each.premise for each in false),
        "found": sum(not each.agreed for each in false),
        "false_alarms": len(judged) - len(false) - sum(each.true for each in agreed),
        "agreed": len(agreed),
        "true_after": sum(each.true for each in agreed),
    }


def table(rows: Mapping[str, Mapping[str, int]]) -> str:
    """Return the figures as a table in Markdown."""
    names = ("questions", "false premise", "wrong answer", "found", "false alarms", "true after")
    lines = [f"| type | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    for name, row in rows.items():
        false = row["false_premise"] + row["wrong_answer"]
        cells = (
            f"{row['questions']}",
            f"{row['false_premise']}",
            f"{row['wrong_answer']}",
            f"{row['found']} of {false}{_share(row['found'], false)}",
            f"{row['false_alarms']}{_share(row['false_alarms'], row['questions'] - false)}",
            f"{row['true_after']} of {row['agreed']}{_share(row['true_after'], row['agreed'])}",
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f", {part / whole:.1%}" if whole else ""


def verdict(row: Mapping[str, int]) -> str:
    """Return a sentence on whether the goals are met by the published types."""
    false = row["false_premise"] + row["wrong_answer"]
    met = (
        (not false or row["found"] / false >= FOUND)
        and row["false_alarms"] <= ALARMS * (row["questions"] - false)
        and row["true_after"] >= TRUE * row["agreed"]
    )
    goals = f"at least {FOUND:.0%} found, at most {ALARMS:.0%} false alarms, {TRUE:.0%} true after"
    return f"The published types {'meet' if met else 'MISS'} the goals: {goals}."


if __name__ == "__main__":
    main()
