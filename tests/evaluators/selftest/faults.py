"""A system that passes every point of the self-test, and one for each way to fail one."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from locomo_vqa.system import Answer, Usage


class Keeper:
    """Answers with everything that was said: wordy, and right."""

    version = "1"

    def __init__(self) -> None:
        self.told: list[str] = []

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        self.workdir = workdir

    def add(self, turns: Any) -> None:
        for turn in turns:
            self.told.append(f"{turn.speaker} on {turn.time:%d %B %Y}: {turn.text}")

    def flush(self) -> None:
        (self.workdir / "told.txt").write_text("\n".join(self.told))

    def answer(self, question: str, *, now: datetime) -> Any:
        return "\n".join(self.told)

    def answer_visual(self, question: str, *, image: Any, now: datetime) -> Any:
        return "green"

    def close(self) -> None: ...


class WillNotOpen(Keeper):
    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        raise RuntimeError("no licence")


class TakesShortTexts(Keeper):
    def add(self, turns: Any) -> None:
        assert all(len(turn.text) < 8192 for turn in turns), "a text is too long"
        super().add(turns)


class Forgets(Keeper):
    def answer(self, question: str, *, now: datetime) -> str:
        return "I do not know, but it was in 2021."


class LooksAtTheClock(Keeper):
    def answer(self, question: str, *, now: datetime) -> Any:
        if question.startswith("When"):
            return f"On {datetime.now():%d %B %Y}."
        return super().answer(question, now=now)


class LooksAtTheClockWhenReading(Keeper):
    """Its memories carry the day on which they were stored."""

    def answer(self, question: str, *, now: datetime) -> Any:
        text = super().answer(question, now=now)
        return Answer(text=text, retrieved=({"text": f"[{datetime.now():%Y-%m-%d}] adopted"},))  # type: ignore[arg-type]


class NoImages(Keeper):
    def add(self, turns: Any) -> None:
        assert not any(image.path for turn in turns for image in turn.images), "no pictures please"
        super().add(turns)


class ShrinksImages(Keeper):
    def add(self, turns: Any) -> None:
        super().add(turns)
        for image in itertools.chain.from_iterable(turn.images for turn in turns):
            if image.path is not None:
                image.path.write_bytes(b"small")


class WritesOn(Keeper):
    """A thread writes until the conversation is closed."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        super().open(conversation, workdir, services)
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def write(self) -> None:
        for number in itertools.count():
            if self.done.wait(0.02):
                return
            (self.workdir / "background.txt").write_text(str(number))

    def close(self) -> None:
        self.done.set()
        self.thread.join()


class ComesLate(Keeper):
    """Knows nothing until it was asked three times, as when something is still at work."""

    asked = 0

    def answer(self, question: str, *, now: datetime) -> Any:
        self.asked += 1
        return "I am still reading." if self.asked <= 3 else super().answer(question, now=now)


class ReadsInTheBackground(Keeper):
    """Knows what it was given two seconds after it is first asked."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Any] = []

    def add(self, turns: Any) -> None:
        self.given.append(turns)

    def answer(self, question: str, *, now: datetime) -> Any:
        if self.given:
            timer = threading.Timer(2.0, self.read, [self.given])
            timer.daemon = True
            timer.start()
            self.given = []
        return super().answer(question, now=now)

    def read(self, given: list[Any]) -> None:
        for turns in given:
            super().add(turns)


class TidiesUp(Keeper):
    """Knows what it read for three questions, then only what was said last."""

    asked = 0

    def answer(self, question: str, *, now: datetime) -> Any:
        self.asked += 1
        return super().answer(question, now=now) if self.asked <= 3 else self.told[-1]


class WritesQuestionsDown(Keeper):
    def answer(self, question: str, *, now: datetime) -> Any:
        self.told.append(f"the user asked: {question}")
        return super().answer(question, now=now)


class AnswersOnce(Keeper):
    def __init__(self) -> None:
        super().__init__()
        self.last = ""

    def answer(self, question: str, *, now: datetime) -> Any:
        last, self.last = self.last, question
        return "You know that." if question == last else super().answer(question, now=now)


class SharedMemory(Keeper):
    """Everybody's memories are in one list of the module."""

    shared: ClassVar[list[str]] = []

    def __init__(self) -> None:
        self.told = self.shared


class SharedFile(Keeper):
    """Everybody's memories are in one file beside the workdirs."""

    def flush(self) -> None:
        with (self.workdir.parent / "store.txt").open("a") as stream:
            stream.write("\n".join(self.told))

    def answer(self, question: str, *, now: datetime) -> str:
        return (self.workdir.parent / "store.txt").read_text()


class WritesBeside(Keeper):
    """Leaks nothing, but keeps its files outside the workdir."""

    def flush(self) -> None:
        self.workdir.with_suffix(".db").write_text("\n".join(self.told))


class OneAtATime(Keeper):
    taken: ClassVar[list[int]] = []

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        super().open(conversation, workdir, services)
        if self.taken:
            raise OSError("the port is taken")
        self.taken.append(1)

    def close(self) -> None:
        self.taken.clear()


class WillNotClose(Keeper):
    def close(self) -> None:
        raise RuntimeError("the pool is busy")


class AnswersNothing(Keeper):
    def answer(self, question: str, *, now: datetime) -> Any:
        return None


class OpensEveryImage(Keeper):
    def answer_visual(self, question: str, *, image: Any, now: datetime) -> Any:
        image.path.read_bytes()
        return "green"


class SeesNothing(Keeper):
    def answer_visual(self, question: str, *, image: Any, now: datetime) -> str:
        return "purple"


class ForgetsImages(Keeper):
    def answer_visual(self, question: str, *, image: Any, now: datetime) -> str:
        return "yellow" if image is None else "green"


class CountsWrongly(Keeper):
    def answer(self, question: str, *, now: datetime) -> Answer:
        usage = Usage(input_tokens=-3, output_tokens=None, calls=None)
        return Answer(text=super().answer(question, now=now), usage=usage)


class LogsQuestions(Keeper):
    def answer(self, question: str, *, now: datetime) -> Any:
        with (self.workdir / "log.txt").open("a") as stream:
            stream.write(question)
        return super().answer(question, now=now)


class OnlyFinds(Keeper):
    """Gives every turn to every query; the harness would answer."""

    def search(self, query: str, k: int, now: datetime) -> list[str]:
        return self.told[:k]


class _Stored(Keeper):
    """Keeps memories under the conversation's name in the user's home, whatever `workdir` is."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        super().open(conversation, workdir, services)
        self.store = Path.home() / ".leaky" / f"{conversation.id}.json"
        if self.store.exists():
            self.told = self.load()

    def load(self) -> list[str]:
        loaded: list[str] = json.loads(self.store.read_text())
        return loaded

    def flush(self) -> None:
        self.store.parent.mkdir(exist_ok=True)
        self.store.write_text(json.dumps(self.told))


class LeavesYesterdaysMemory(_Stored):
    """Finds what an earlier run of the same conversation stored."""


class HidesYesterdaysMemory(_Stored):
    """The same, in files that no search for words finds."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        super().open(conversation, workdir, services)
        digits = hashlib.sha256(conversation.id.encode()).hexdigest()
        self.store = self.store.with_name(digits)
        if self.store.exists():
            self.told = self.load()

    def load(self) -> list[str]:
        loaded: list[str] = json.loads(zlib.decompress(self.store.read_bytes()))
        return loaded

    def flush(self) -> None:
        self.store.parent.mkdir(exist_ok=True)
        self.store.write_bytes(zlib.compress(json.dumps(self.told).encode()))


class ReadsOnce(_Stored):
    """Does not listen to a conversation whose name it knows, and has forgotten the first one."""

    known: ClassVar[set[str]] = set()

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        Keeper.open(self, conversation, workdir, services)
        self.deaf = conversation.id in self.known
        self.known.add(conversation.id)

    def add(self, turns: Any) -> None:
        if not self.deaf:
            super().add(turns)

    def flush(self) -> None: ...


class KnowsTheTestByHeart(Keeper):
    """Reads nothing, and has the answers to the fixed test."""

    def add(self, turns: Any) -> None:
        self.told = ["Zebulon the parrot, a glassblower, ratatouille, 11 May 2021"]
