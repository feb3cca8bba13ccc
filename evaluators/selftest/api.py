"""The function `check`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from locomo_vqa.checked import checked
from locomo_vqa.system import Services

from ..hosting import Limits
from ..hosting.isolation import outside_event_loop
from ..loading import LoadedSystem, SystemSource, load_system
from ..running.hosting_settings import HostingSettings
from ..running.sandboxing import check_reach
from ..running.services import lend_model
from ..running.system_options import lend_options, option_texts
from .checker import CheckReport, check_system

__all__ = ["CHECK_LIMITS", "check"]

CHECK_LIMITS = Limits(read_s=600.0, answer_s=300.0)
"""The default time limits: a check is short."""


@checked
def check(
    system: SystemSource,
    *,
    model: str | None = None,
    options: Mapping[str, object] | None = None,
    timeout: float = 120.0,
    python: str | Path | None = None,
    env: Sequence[str] = (),
    read_timeout: float = CHECK_LIMITS.read_s,
    answer_timeout: float = CHECK_LIMITS.answer_s,
    sandbox: bool = False,
) -> CheckReport:
    """Test the adapter of a memory system on seven tiny conversations, before a run.

    The system reads three facts and a few images, and is asked about them; the test looks at what
    it keeps, leaks, and leaves running.

    Args:
        system: as for `run`: a class, a function that makes a system, a name, `module:Class`, or
            an http address.
        model: the model's name, such as `openai:<base URL>?model=<name>`.
        options: tell the system how to work, by the option's name.
        timeout: seconds that one call to the model may take.
        python: the interpreter of the environment that a `module:Class` is installed in.
        env: the names of environment variables to hand on to the system.
        read_timeout: seconds that the system may take to start, to read a session, or to flush.
        answer_timeout: seconds that an answer may take.
        sandbox: as for `run`.

    Raises:
        InputError: an argument can't be used.
        SystemLoadError: the system can't be loaded.
        MissingResource: the model's endpoint does not answer.
    """
    given = option_texts(options)
    hosting = HostingSettings.checked(
        python=python,
        env=env,
        read_timeout=read_timeout,
        answer_timeout=answer_timeout,
        sandbox=sandbox,
    )
    loaded = load_system(
        system, python=hosting.python, model=model, env=hosting.env, sandbox=hosting.sandbox
    )
    hosting.check(loaded, usual=CHECK_LIMITS)
    services = lend_options(_services_for(loaded, model, timeout), loaded, given)
    if hosting.sandbox is not None:
        check_reach(services, metered=True)
    return outside_event_loop(
        lambda: check_system(loaded, services, limits=hosting.limits, sandbox=hosting.sandbox)
    )


def _services_for(system: LoadedSystem, model: str | None, timeout: float) -> Services:
    """Return what the system is lent; one that only retrieves is checked without a model too."""
    if system.only_retrieves and model is None and not system.reads_with_model:
        return Services()
    return lend_model(system, model, timeout=timeout)
