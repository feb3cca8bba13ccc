"""A process that writes without end is ended in time, and little of what it writes is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from locomo_vqa.evaluators.hosting import Limits, ProcessHost
from locomo_vqa.evaluators.hosting.channel import Channel, LineReader
from locomo_vqa.evaluators.hosting.isolation import Failure
from locomo_vqa.system import ConversationInfo, Services
from tests.evaluators.hosting.hosted import write_system

NOW = datetime(2023, 5, 8)
MIB = 1 << 20

FLOOD = """
import contextlib, os, time

REPLY = b'{"id": %d, "result": {"text": "x"}}\\n'


class Own(Echo):
    def answer(self, question, *, now):
        if "by four" in question:
            os.fork() or os.fork()
            os.fork()
        if "replies" in question:
            return self.write(b"".join(REPLY % n for n in range(3, 1_000_000)))
        while True:
            if "line" in question:
                self.write(b"x" * 65536)
            if "drop" in question:
                self.write(b"x" * 8192)
                time.sleep(0.001)
            if "blank" in question:
                self.write(b"\\n" * 65536)
            if "nested" in question:
                self.write(b"[" * 100_000 + b"\\n")

    def write(self, data):
        '''Write to the pipe for replies, which the worker hides but can't close.'''
        for descriptor in range(3, 20):
            with contextlib.suppress(OSError):
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(descriptor, rest):]
"""

FLOODS = {
    "a line by four": "larger than 64 MiB",
    "drops by four": "did not return within 1 s",
    "blank lines": "violates the protocol",
    "nested lists": "a reply can't be used: it is nested more than 100 deep",
    "forged replies": "did not return within 1 s",
}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_ends_with_its_deadline(flood: str, tmp_path: Path) -> None:
    spec = write_system(tmp_path, "flood", FLOOD)
    limits = Limits(answer_s=1 if "within 1 s" in FLOODS[flood] else 200)
    host = ProcessHost(spec, folder=tmp_path, limits=limits)
    info = ConversationInfo(id="c", speakers=("A", "B"), images="none")
    try:
        assert host.start() is None
        assert host.open(info, tmp_path, Services()) is None
        with memory_below(90 * MIB):
            failure = ask_until_it_fails(host, flood)
    finally:
        host.end()
    assert FLOODS[flood] in failure.reason
    assert failure.ended


def ask_until_it_fails(host: ProcessHost, question: str) -> Failure:
    """Ask until an answer fails, and check that none goes on as long as the flood: for ever."""
    for _ in range(1000):
        begun = time.monotonic()
        answer = host.answer(question, now=NOW)
        assert time.monotonic() - begun < 100
        if isinstance(answer, Failure):
            return answer
    raise AssertionError("every question was answered")


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


Pipe = tuple[int, Callable[[bytes], object]]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A descriptor to read, and what writes to it."""
    end, other = os.pipe()
    with os.fdopen(other, "wb", buffering=0) as stream:
        yield end, stream.write
    os.close(end)


def test_lines_come_one_by_one_however_they_are_cut(pipe: Pipe) -> None:
    end, write = pipe
    reader = LineReader(end)
    write(b"one\ntwo\n\nthr")
    assert [reader.read() for _ in range(3)] == [b"one", b"two", b""]
    write(b"ee\n")
    assert reader.read() == b"three"


def test_a_line_may_be_long_but_not_longer(pipe: Pipe) -> None:
    end, write = pipe
    write(b"x" * 1000 + b"\n")
    assert len(LineReader(end, max_bytes=1000).read()) == 1000
    write(b"x" * 1001)
    with pytest.raises(ValueError, match="larger than"):
        LineReader(end, max_bytes=1000).read()


def talk(script: str, *lines: bytes, seconds: float = 200) -> list[bytes]:
    """Send lines to a Python script and return what it replies to each."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import os, sys, time\n" + script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    channel = Channel(process)
    try:
        sent = [channel.exchange(line, seconds=seconds, watch=lambda: None) for line in lines]
        return [bytes(line) for line in sent]
    finally:
        process.kill()
        process.wait()
        channel.close()


def test_long_requests_and_replies_pass() -> None:
    line = b"x" * (5 * MIB) + b"\n"
    echo = "for line in sys.stdin: sys.stdout.write(line); sys.stdout.flush()"
    assert talk(echo, line, b"short\n") == [line[:-1], b"short"]


def test_a_reply_that_is_there_counts_though_its_time_is_up(tmp_path: Path) -> None:
    """As where this machine was busy with something else when it came."""
    asked = tmp_path / "asked"
    waits = f"while not os.path.exists({str(asked)!r}): time.sleep(0.01)\nprint('blue', flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"import os, time\n{waits}\nos.read(0, 9)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    channel = Channel(process)

    def be_busy() -> None:
        if not asked.exists():
            asked.touch()
            while channel._replies.empty():
                time.sleep(0.01)

    try:
        assert channel.exchange(b"", seconds=0.05, watch=be_busy) == b"blue"
    finally:
        process.kill()
        process.wait()
        channel.close()


@pytest.mark.slow
def test_a_process_that_does_not_read_its_requests_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        talk("time.sleep(60)", b"x" * (5 * MIB) + b"\n", seconds=0.5)


def test_the_last_words_of_a_process_are_read() -> None:
    """It replies before it reads, and ends."""
    assert talk("print('last')", b"x" * (5 * MIB) + b"\n") == [b"last"]
    with pytest.raises(EOFError):
        talk("print('last')", b"one\n", b"two\n")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_process_that_ended_is_noticed_though_another_holds_its_pipes() -> None:
    """The child that holds them is alive until it is killed here, long after the test's end."""
    forks = "child = os.fork()\nif child: print(child, flush=True); os._exit(0)\ntime.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-c", "import os, sys, time\n" + forks],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    channel = Channel(process)
    child = int(channel.exchange(b"one\n", seconds=60, watch=lambda: None))
    try:
        with pytest.raises(EOFError):
            channel.exchange(b"two\n", seconds=500, watch=lambda: None)
        os.kill(child, 0)  # It is alive, and holds the pipes.
    finally:
        os.kill(child, signal.SIGKILL)
        process.wait()
        channel.close()
