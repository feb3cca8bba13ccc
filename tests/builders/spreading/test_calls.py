"""Results of actors: errors come as they were raised, and a lost actor is one clear sentence."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from locomo_vqa.builders.spreading.calls import result_of
from locomo_vqa.errors import BudgetReached, MissingResource

exceptions = pytest.importorskip("ray.exceptions")


async def _failing(error: Exception) -> Any:
    raise error


def _result(error: Exception) -> Any:
    async def main() -> Any:
        return await result_of(_failing(error))

    return asyncio.run(main())


def test_what_the_method_raised() -> None:
    raised = BudgetReached("The budget is used up.", "Give more.")
    with pytest.raises(BudgetReached) as caught:
        _result(exceptions.RayTaskError("ask", "the traceback", raised))
    assert caught.value is raised


def test_a_lost_actor() -> None:
    lost = exceptions.ActorUnavailableError("The node is gone.\nDetails", None)
    with pytest.raises(MissingResource, match=r"is lost \(.*The node is gone\)\. .*replies so far"):
        _result(lost)
