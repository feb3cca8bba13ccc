"""Errors are for people to read."""

from __future__ import annotations

from locomo_vqa.errors import InputError


def test_a_long_quotation_loses_its_middle() -> None:
    error = InputError(f"a.json: {'1' * 5000!r} is not a date.", "Correct the file.")
    assert error.message.startswith("a.json: '111") and error.message.endswith("1' is not a date.")
    assert " … " in error.message and len(error.message) < 1300
    assert str(error).endswith(" Correct the file.")


def test_a_short_message_is_not_changed() -> None:
    assert InputError("x" * 1200, "").message == "x" * 1200
