"""What a build does with an image that occurs in several splits."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["SHARED_RULES", "SharedRule"]

SharedRule = Literal["remove-everywhere", "keep-first", "keep-last"]
"""What happens to an image that occurs in several splits, itself or in an image that looks alike:

remove-everywhere   it goes from all of them
keep-first          it stays in the first of train, validation and test that has it or a similar one
keep-last           it stays in the last of them, so that the test split loses none

No rule leaves it, or one that looks alike, in two splits. The paper (C.1) removes "the few images
presented in multiple splits", which can be read as any of them.
"""
SHARED_RULES: tuple[SharedRule, ...] = get_args(SharedRule)
