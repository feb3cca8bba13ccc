"""What the tests of the models share."""

from __future__ import annotations

import pytest

from locomo_vqa.models import retries


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a hundredth of a second before the second try."""
    monkeypatch.setattr(retries, "_FIRST_WAIT_S", 0.01)
