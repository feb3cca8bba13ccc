"""Conversations that run at once end together, however the run is ended."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable

import pytest

from locomo_vqa.evaluators.running.cancellation import CancelScope, run_concurrently


def test_every_callback_is_called_though_one_fails() -> None:
    scope, called = CancelScope(), list[str]()

    def fail() -> None:
        raise KeyError("gone")

    with (
        scope.on_cancel(lambda: called.append("first")),
        scope.on_cancel(fail),
        scope.on_cancel(lambda: called.append("last")),
        pytest.raises(KeyError, match="gone"),
    ):
        scope.cancel()
    assert called == ["first", "last"]


class Stop(BaseException):
    """What the handler of a signal raises."""


@pytest.mark.skipif(sys.platform == "win32", reason="signals reach threads on POSIX systems only")
def test_a_signal_that_reaches_another_thread_ends_the_run() -> None:
    """As one that is sent to a stopped process may, when the process goes on."""
    scope = CancelScope()

    def stop(number: int, frame: object) -> None:
        raise Stop

    def converse(begin: Callable[[], None]) -> None:
        over = threading.Event()
        with scope.on_cancel(over.set):
            begin()
            assert over.wait(60)

    def signal_itself() -> None:
        """Do so once the main thread sleeps: where it is does not change."""
        before: list[object] = []
        while len(before) < 20 or len(set(before[-20:])) > 1:
            frame = sys._current_frames()[threading.main_thread().ident or 0]
            before.append((frame.f_code, frame.f_lasti))
            time.sleep(0.002)
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    usual = signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(Stop):
            run_concurrently(
                [lambda: converse(lambda: None), lambda: converse(signal_itself)],
                jobs=2,
                scope=scope,
            )
    finally:
        signal.signal(signal.SIGUSR1, usual)
