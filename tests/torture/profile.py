"""How hard these tests try: briefly in CI, at length by `python -m benchmarks.torture`."""

from __future__ import annotations

import os
from random import Random

from hypothesis import HealthCheck, settings

__all__ = ["EFFORT", "SEED", "few_examples", "rng_of"]

EFFORT = float(os.environ.get("LOCOMO_VQA_TORTURE", "1"))
"""How many times as much is tried as in CI."""

SEED = os.environ.get("LOCOMO_VQA_TORTURE_SEED", "0")
"""Another seed tries other things; the same seed always tries the same."""

few_examples = settings(
    max_examples=max(1, int(40 * EFFORT)),
    derandomize=EFFORT == 1,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
"""Examples that are the same each time in CI, and never depend on the time that one takes."""


def rng_of(*names: object) -> Random:
    """Return the random numbers of one try, which are the same whenever it is repeated."""
    return Random("/".join(map(str, (SEED, *names))))
