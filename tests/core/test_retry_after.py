"""How long a server asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from locomo_vqa.retry_after import retry_after_s


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0.5 ", 0.5),
        ("-3", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_seconds(value: str, seconds: float | None) -> None:
    assert retry_after_s(value) == seconds


def test_a_date() -> None:
    then = datetime.now(UTC) + timedelta(minutes=5)
    found = retry_after_s(format_datetime(then, usegmt=True))
    assert found is not None and 295 < found <= 300
