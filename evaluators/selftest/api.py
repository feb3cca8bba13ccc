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
from ..running.metering import is_on_this_machine
from ..running.sandboxing import check_reach
from ..running.services import lend_model
from ..running.system_options import lend_options, option_texts
from .checker import CheckReport, check_system

__all__ = ["CHECK_LIMITS", "check"]

CHECK_LIMITS = Limits(read_s=600.0, answer_s=300.0)
"""The default time limits, which are short."""


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
    """Test the adapter of a memory system on a few tiny conversations, before a run.

    The system reads three facts and a few images, and is asked about them; the test looks at what
    it keeps, leaks, and leaves running.

    Args:
        system: see `run`: a class, a function that makes a system, a name, `module:Class`, or
            an http address.
        model: the model's name, such as `openai:<base URL>?model=<name>`.
        options: the system's options, by name.
        timeout: the time limit of one call to the model, in seconds.
        python: the interpreter of the environment that a `module:Class` is installed in.
        env: the names of environment variables to pass to the system.
        read_timeout: the time limit for starting, reading a session, and flushing, in seconds each.
        answer_timeout: the time limit of one answer, in seconds.
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
    metered = not loaded.address or is_on_this_machine(str(system))
    return outside_event_loop(
        lambda: check_system(
            loaded,
            services,
            limits=hosting.limits,
            sandbox=hosting.sandbox,
            metered=metered,
        )
    )


def _services_for(system: LoadedSystem, model: str | None, timeout: float) -> Services:
    """Return the system's services; a retrieval-only system can be checked without a model."""
    if system.only_retrieves and model is None and not system.reads_with_model:
        return Services()
    return lend_model(system, model, timeout=timeout)
