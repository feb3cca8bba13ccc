"""Tests of the log of what a system prints."""

import os
import select
from pathlib import Path

import pytest

from locomo_vqa.evaluators.hosting.output import Output


@pytest.mark.skipif(not hasattr(select, "poll"), reason="a pipe can only be read here")
def test_a_note_follows_what_was_printed_before_it(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as printed:
        output = Output(os.fdopen(reading, "rb", buffering=0), tmp_path / "log")
        printed.write(b"printed before\n")
        output.note("a note\n")  # The thread that copies has not even started.
        printed.write(b"printed after\n")
        output.start()
    output.finish()
    assert (tmp_path / "log").read_text() == "printed before\na note\nprinted after\n"
    assert output.last == "printed after"
