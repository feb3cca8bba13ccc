"""Count the tokens of mem0's stages on the sample, with the long and the reduced prompts.

    python -m benchmarks.mem0_tokens [--tokenizer FILE]

Tables A6 and A7 of MemLoRA (arXiv 2512.04763) give tokens per call of extraction and update. Here
the pipeline runs on the sample's conversations with an oracle instead of a model: its replies are
the facts that the sample states and the operations that follow from them. So the inputs are
what a model without errors would get, and the outputs are the shortest correct ones.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from tokenizers import Tokenizer

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.sample.conversation import speaker_names
from locomo_vqa.builders.sample.facts import changed_fact, fact_of
from locomo_vqa.builders.sample.talk import draw_talk
from locomo_vqa.evaluators.memory import stage_models
from locomo_vqa.evaluators.running.view import ConversationView
from locomo_vqa.evaluators.systems.mem0 import Mem0
from locomo_vqa.files import read_json
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.models.embedded_local import embedded_folder
from locomo_vqa.runs import Usage
from locomo_vqa.system import Services

_STAGES = ("extraction", "update", "generation")


class Oracle:
    """Knows the facts of the sample, and counts tokens as a server would."""

    name = "oracle"
    in_flight = 1

    def __init__(self, tokenizer: Tokenizer, facts: Mapping[str, str], new: Mapping[str, str]):
        self._tokenizer = tokenizer
        self._facts = facts
        self._new = new

    def identity(self) -> Mapping[str, Any]:
        """Return a description of the oracle."""
        return {"backend": "oracle"}

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the right reply."""
        text = self._reply(request.text)
        usage = Usage(
            input_tokens=len(self._tokenizer.encode(request.text).ids),
            output_tokens=len(self._tokenizer.encode(text).ids),
            calls=1,
        )
        return ChatReply(text=text, finish="stop", usage=usage)

    async def close(self) -> None:
        """Do nothing: the oracle holds no resources."""

    def _reply(self, prompt: str) -> str:
        lines = prompt.split("\n")
        lists = [part for line in lines if (part := _json_list(line)) is not None]
        if "Question: " in prompt:
            return "Kyoto"
        if len(lists) >= 2:
            return self._update(lists[-2], lists[-1])
        facts = [fact for line in lines for fact in self._facts.get(line, "").split("\n") if fact]
        return json.dumps({"facts": facts}, ensure_ascii=False)

    def _update(self, memories: Sequence[Mapping[str, str]], facts: Sequence[str]) -> str:
        operations = []
        for fact in facts:
            old = next((m for m in memories if m["text"] == self._new.get(fact)), None)
            if old is None:
                operations.append({"id": "new", "event": "ADD", "text": fact})
            else:
                text = changed_fact(old["text"], fact)
                operations.append({"id": old["id"], "event": "UPDATE", "text": text})
        return json.dumps({"memory": operations}, ensure_ascii=False)


def _json_list(line: str) -> Any:
    """Return the JSON list in a line of a prompt; the last two of an update prompt are its own."""
    start = line.removeprefix("Memories now: ").removeprefix("New facts: ")
    if not start.startswith("["):
        return None
    try:
        return json.loads(start)
    except ValueError:
        return None


def facts_and_changes(number: int, seed: int = 0) -> tuple[dict[str, str], dict[str, str]]:
    """Return the facts of each line of a conversation, and the fact that each change replaces.

    The conversation is drawn again as `locomo_vqa.builders.sample.conversation` draws it.
    """
    rng = random.Random(f"{seed}/{number}")
    names = speaker_names(number)
    _, threads, sessions = draw_talk(rng, names)
    turns = [turn for session in sessions for turn in session]
    facts = {
        f"{names[turn.speaker]}: {turn.text}": "\n".join(
            fact_of(threads[thread], story_turn, names) for thread, story_turn in turn.facts
        )
        for turn in turns
    }
    new = {
        fact_of(threads[thread], story_turn, names): fact_of(threads[thread], earlier, names)
        for turn in turns
        for thread, story_turn in turn.facts
        if (earlier := threads[thread].story.turns[story_turn].updates) is not None
    }
    return facts, new


def measure(tokenizer: Tokenizer, form: str) -> dict[str, Any]:
    """Return calls and tokens of each stage over all conversations of the sample."""
    sample = load_benchmark("sample")
    sums: dict[str, list[int]] = {stage: [0, 0, 0] for stage in _STAGES}
    for number, conversation in enumerate(sample.conversations, 1):
        oracle = Oracle(tokenizer, *facts_and_changes(number))
        lines = [f"{turn.speaker}: {turn.text}" for _, turn in conversation.turns()]
        assert set(lines) <= set(facts_and_changes(number)[0]), "the sample has changed"
        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.object(stage_models, "open_model", lambda name, oracle=oracle, **_: oracle),
        ):
            stages = _run(sample, conversation, Path(folder), form)
        for stage in _STAGES:
            tally = stages[stage]
            for place, key in enumerate(("calls", "input_tokens", "output_tokens")):
                sums[stage][place] += tally[key]
    return {
        stage: {
            "calls": calls,
            "input_tokens_a_call": round(sent / calls, 2),
            "output_tokens_a_call": round(received / calls, 2),
        }
        for stage, (calls, sent, received) in sums.items()
    }


def _run(sample: Any, conversation: Any, folder: Path, form: str) -> Any:
    showing = ConversationView(sample, conversation, "none")
    system = Mem0()
    options = {"prompts": form, "top_k": "10"}
    system.open(showing.info, folder, Services(model="transformers:oracle", options=options))
    for session in showing.sessions():
        system.add(session)
    for question in sample.text_questions:
        if question.conversation == conversation.id:
            system.answer(question.question, now=showing.now)
    system.close()
    stages = read_json(folder / "stages.json", what="the stages")
    assert not stages["anomalies"], stages["anomalies"]
    return stages["stages"]


def main() -> None:
    """Print the tokens per call for both forms of the prompts, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tokenizer", type=Path, default=embedded_folder("large") / "tokenizer.json"
    )
    path = parser.parse_args().tokenizer
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    print(json.dumps({form: measure(tokenizer, form) for form in ("long", "reduced")}, indent=2))


if __name__ == "__main__":
    main()
