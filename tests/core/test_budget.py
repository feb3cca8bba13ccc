"""A budget: what fits into it, worked out by hand."""

from __future__ import annotations

import threading

import pytest

from locomo_vqa.budget import Budget, Ticket, dollars

ASK = ("generation", "m")


def admitted(budget: Budget, least: float = 0.1, owner: str = "a") -> Ticket:
    ticket = budget.admit(owner, ASK, least)
    assert ticket is not None
    return ticket


def test_calls_in_flight_count_until_their_cost_is_known() -> None:
    budget = Budget(1.0)
    first, second = admitted(budget, 0.4), admitted(budget, 0.4)
    budget.settle(first, 0.1)
    third = admitted(budget, 0.4)  # 0.1 spent, 0.4 in flight, 0.4: 0.9 of 1.
    assert budget.admit("b", ASK, 0.4) is None
    assert budget.reached and budget.was_refused("b") and not budget.was_refused("a")
    budget.settle(second, 0.2)
    budget.settle(third, None)  # Unknown: as expected.
    assert budget.spent == pytest.approx(0.7)
    assert budget.admit("a", ASK, 0.01) is None  # What is refused once stays refused.


def test_a_call_is_expected_to_cost_what_the_dearest_of_its_kind_did() -> None:
    budget = Budget(1.0)
    budget.settle(admitted(budget), 0.6)
    assert budget.admit("a", ("update", "m"), 0.1) is not None  # Another kind.
    assert budget.admit("a", ASK, 0.1) is None


@pytest.mark.parametrize(("limit", "fits"), [(1.1, False), (1.25, True)])
def test_calls_in_flight_are_expected_to_cost_what_another_of_their_kind_came_to(
    limit: float, fits: bool
) -> None:
    budget = Budget(limit)
    first, *_ = (admitted(budget, 0.1) for _ in range(3))
    budget.settle(first, 0.3)  # 0.3 spent, two in flight and the next for 0.3 each: 1.2.
    assert (budget.admit("a", ASK, 0.1) is not None) == fits


def test_what_earlier_parts_spent_counts() -> None:
    budget = Budget(1.0)
    budget.count_earlier(ASK, 0.7)
    budget.count_earlier(ASK, None)  # Unknown: like the dearest.
    assert budget.spent == pytest.approx(1.4)
    assert budget.reached


def test_without_a_limit_costs_are_only_counted() -> None:
    budget = Budget()
    budget.settle(admitted(budget, 1e9), 2.0)
    assert (budget.reached, budget.known_spent) == (False, 2.0)
    assert budget.admit_unpriced("a", "m")
    assert budget.known_spent is None  # Not 2: more was spent.


def test_a_call_of_unknown_price_ends_a_budget() -> None:
    budget = Budget(1.0)
    assert not budget.admit_unpriced("a", "other at host")
    assert budget.reached
    assert budget.unpriced == "other at host"


def test_the_first_refusal_of_an_owner_is_reported_once() -> None:
    budget, called, seen = Budget(0.1), threading.Event(), []
    budget.watch("a", lambda: (seen.append("a"), called.set())[0])
    for _ in range(3):
        assert budget.admit("a", ASK, 1.0) is None
    assert called.wait(10)
    assert seen == ["a"]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "$0.00"),
        (1234.5, "$1,234.50"),
        (0.5, "$0.50"),
        (0.0123, "$0.012"),
        (4e-7, "$0.00000040"),
    ],
)
def test_small_amounts_keep_two_digits(amount: float, shown: str) -> None:
    assert dollars(amount) == shown


def test_what_is_ended_admits_no_call() -> None:
    budget = Budget(1.0)
    budget.end()
    assert budget.reached
    assert budget.admit("a", ASK, 0.1) is None
