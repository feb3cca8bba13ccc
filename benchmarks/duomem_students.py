"""Examples that are drawn without a teacher, and a student that knows more than it says.

The student is `embedded:text-large` with a LoRA of careless replies merged into its weights: of
five replies, four repeat a whole memory where it contains the answer.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from locomo_vqa.evaluators.distilling.examples import Example
from locomo_vqa.evaluators.distilling.lora_fit import fit_lora
from locomo_vqa.evaluators.distilling.lora_settings import LoraSettings
from locomo_vqa.evaluators.memory import student_base
from locomo_vqa.models import embedded
from scripts.embedded.student_examples import careless_reply
from scripts.embedded.text_examples import NO_ANSWER, training_examples

SEED = 4711
CARELESS = 0.8
TRAINED, VALIDATED = 360, 40


def drawn_examples(count: int, *, careless: float = 0.0) -> list[Example]:
    """Return answers over memories of newly drawn conversations; a share of them is careless."""
    rng = random.Random(SEED)
    found: list[Example] = []
    while len(found) < count:
        found += _of_one_conversation(rng, careless)
    rng.shuffle(found)
    return found[:count]


def _of_one_conversation(rng: random.Random, careless: float) -> Iterator[Example]:
    for each in training_examples(rng):
        if each.stage == "answer" and each.reply.strip() != NO_ANSWER:
            repeats = careless > 0 and rng.random() < careless
            reply = careless_reply(each) if repeats else each.reply
            yield Example(prompt=each.prompt, reply=reply.strip())


def make_knowing_student(work: Path) -> str:
    """Return the model's name of the student, which is made in the work folder if it is missing."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    folder = work / "knowing"
    name = f"transformers:{folder}?threads=1&dtype=float32"
    if folder.exists():
        return name
    examples = drawn_examples(TRAINED + VALIDATED, careless=CARELESS)
    adapter = work / "adapters" / "careless"
    adapter.parent.mkdir(exist_ok=True)
    fit_lora(
        student_base("embedded:text-large?threads=1"),
        examples[:TRAINED],
        examples[TRAINED:],
        LoraSettings(learning_rate=2e-3, epochs=1),
        adapter,
        progress=lambda *_: None,
    )
    source = Path(embedded.__file__).parent / "text-large"
    base = AutoModelForCausalLM.from_pretrained(str(source), dtype=torch.float32)
    merged = PeftModel.from_pretrained(base, str(adapter)).merge_and_unload()
    part = folder.with_name("knowing.part")
    merged.save_pretrained(str(part))
    for each in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(source / each, part / each)
    shutil.copy(source / "generation_config.json", part)
    part.rename(folder)
    return name
