"""Processes are found by session and by mark, measured, and killed, with psutil on any system."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from locomo_vqa.evaluators.hosting.process_tree import MARK, ProcessTree

SLEEPER = "import sys, time; data = bytearray(50_000_000); print('up', flush=True); time.sleep(600)"


def sleeper(**environment: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"up"
    return process


@pytest.fixture
def marked() -> Iterator[subprocess.Popen[bytes]]:
    process = sleeper(**{MARK: "tree-test"})
    with process:
        yield process
        process.kill()


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    process = sleeper(**{MARK: "another-test"})
    with process:
        yield process
        process.kill()


def pids(tree: ProcessTree) -> list[int]:
    return [process.pid for process in tree.members()]


def test_a_process_is_found_by_its_mark_or_its_session(
    marked: subprocess.Popen[bytes], other: subprocess.Popen[bytes]
) -> None:
    assert pids(ProcessTree("tree-test", None)) == [marked.pid]
    assert sorted(pids(ProcessTree("tree-test", other.pid))) == sorted([marked.pid, other.pid])
    assert pids(ProcessTree("no-such-mark", None)) == []


def test_memory_is_what_the_process_holds(marked: subprocess.Popen[bytes]) -> None:
    tree = ProcessTree("tree-test", None)
    assert 50_000_000 < tree.memory() < 200_000_000
    assert 50_000_000 < tree.shared_memory() <= tree.memory()


def test_kill_ends_the_tree_and_nothing_else(
    marked: subprocess.Popen[bytes], other: subprocess.Popen[bytes]
) -> None:
    tree = ProcessTree("tree-test", None)
    tree.kill()
    assert marked.wait(60) != 0
    assert tree.members() == []
    assert other.poll() is None
