"""Times in files: what follows within a millisecond is later."""

from __future__ import annotations

import re

from locomo_vqa.evaluators.running.phases import Phases
from locomo_vqa.timestamps import utc_now


def test_a_time_sorts_as_text_and_has_microseconds() -> None:
    times = [utc_now() for _ in range(1000)]
    assert times == sorted(times)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}\+00:00", time) for time in times)


def test_a_question_asked_in_the_millisecond_in_which_reading_ended_is_not_reading() -> None:
    phases = Phases(
        conversations=1,
        questions=1,
        begins=["2026-01-01T00:00:00.000000+00:00"],
        reads={"conv-1": ["2026-01-01T00:00:01.637100+00:00"]},
    )
    assert phases.is_reading("conv-1", "2026-01-01T00:00:01.637000+00:00")
    assert not phases.is_reading("conv-1", "2026-01-01T00:00:01.637900+00:00")
