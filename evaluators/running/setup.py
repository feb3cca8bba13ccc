"""Prepares a system with its services and host, to run it on any benchmark."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from locomo_vqa.files import write_json
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.notes import note
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.runs import Run
from locomo_vqa.system import Services
from locomo_vqa.workers import Workers

from ..loading import LoadedSystem, SystemSource, load_system
from .context import lend_context, with_context_outcome
from .display import listening
from .eyes import check_eyes
from .harness import Harness
from .here import Here
from .hosting_settings import HostingSettings
from .listener import BothListeners, RunListener
from .metering import Meter, is_on_this_machine, read_price_table
from .metering_settings import MeteringSettings
from .movable import check_movable
from .plan import MakePlace
from .run_folder import is_interrupted
from .sandboxing import check_reach
from .services import lend_model
from .spending import check_countable, check_counted, check_priced
from .system_options import lend_options, option_texts, recorded_options, without_account

__all__ = ["RunSetup", "fresh_folder"]

_READ_AGAIN = (
    "A run that continues reads unfinished conversations again and pays for the calls of reading "
    "again."
)
_NOT_METERED = "With metering, replies are kept until the run is finished."
_NOT_HERE = "Calls of a server on this machine can be metered; then replies are kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetup:
    """The setup that all runs of one call share."""

    source: str | None
    """The system, as it was named; None for an object."""
    system: LoadedSystem
    """The system."""
    services: Services
    """The system's services: the model, which has been tested, and its options."""
    hosting: HostingSettings
    """Where the system runs."""
    metering: MeteringSettings
    """How the system's calls are counted."""
    paid_again: str | None
    """Why a resumed run pays for reading again; None if it does not."""
    timeout: float = 120.0
    """The time limit of one call to the model, in seconds."""
    workers: Workers = field(default_factory=Workers)
    """Where its conversations are run."""

    @classmethod
    def prepare(
        cls,
        source: SystemSource,
        *,
        model: str | None,
        timeout: float,
        options: Mapping[str, object] | None,
        hosting: HostingSettings,
        metering: MeteringSettings,
        context: int | str | None = None,
        workers: Workers | None = None,
    ) -> Self:
        """Load a system and check the arguments for it; no question is asked yet.

        Raises:
            InputError: an argument can't be used with the system.
            MissingResource: the model's endpoint or another named resource is unavailable.
            SystemLoadError: the system can't be loaded.
        """
        given = option_texts(options)
        _check_prices(model, given, metering, timeout=timeout)
        loaded = load_system(
            source,
            python=hosting.python,
            limits=hosting.limits,
            model=model,
            env=hosting.env,
            sandbox=hosting.sandbox,
        )
        hosting.check(loaded)
        workers = workers or Workers()
        if workers.ray:
            check_movable(loaded)
        services = lend_model(loaded, model, timeout=timeout, check=not metering.replay)
        services = lend_context(lend_options(services, loaded, given), context)
        if loaded.address and not is_on_this_machine(str(source)):
            check_countable(metering)
            metering = replace(metering, meter=False)  # It could not reach the proxy.
            paid_again: str | None = f"{_READ_AGAIN} {_NOT_HERE}"
        else:
            unmetered = services.llm is not None and not metering.meter
            paid_again = f"{_READ_AGAIN} {_NOT_METERED}" if unmetered else None
        metering.check(endpoint=services.llm is not None)
        if hosting.sandbox is not None:
            check_reach(services, metered=metering.meter)
        return cls(
            source=source if isinstance(source, str) else None,
            system=loaded,
            services=services,
            hosting=hosting,
            metering=metering,
            paid_again=paid_again,
            timeout=timeout,
            workers=workers,
        )

    def run(
        self,
        harness: Harness,
        *,
        retry_failed: bool,
        progress: bool | ProgressCallback,
        out: Path | None = None,
        only: Collection[str] | None = None,
        also: RunListener | None = None,
    ) -> Run:
        """Run a harness for this system with the meter, and show its progress.

        `out` is the folder of the whole call, if that differs from the harness's; `only` the ids of
        the questions to ask in this call; `also` is called during the run as well.

        Raises:
            BudgetReached: the calls have cost as much as they may.
            KeyboardInterrupt: the run was interrupted; a note says how to resume.
        """
        try:
            with Meter(self.services, harness.out, self.metering) as meter:
                meter.count_earlier()
                if not meter.budget.reached:
                    self._check_eyes(harness)
                with listening(progress, self.system.name, meter.budget) as listener:
                    if self.paid_again and is_interrupted(harness.out):
                        note(self.paid_again)
                    metered = replace(
                        harness,
                        services_for=meter.services_for,
                        requests_of=meter.requests_of,
                        has_read=meter.ask,
                        budget=meter.budget,
                        place=self._place(meter),
                    )
                    heard = listener if also is None else BothListeners(listener, also)
                    done = metered.run(retry_failed=retry_failed, listener=heard, only=only)
                if done.info["counts"] is None:
                    return done
                done = meter.finish(done)
                harnessed = self.system.only_retrieves
                done = with_context_outcome(done, by_harness=harnessed, calls=meter.calls)
                self._write_command(harness)
                return done
        except KeyboardInterrupt as error:
            error.add_note(f"Continue with `out` {out or harness.out}: what was answered is kept.")
            if self.paid_again:
                error.add_note(self.paid_again)
            raise

    def _place(self, meter: Meter) -> MakePlace:
        if not self.workers.ray:
            return Here
        from .on_ray import RayPlaces

        return RayPlaces(
            workers=self.workers,
            meter=meter,
            metering=self.metering,
            env=self.hosting.env,
        )

    def _write_command(self, harness: Harness) -> None:
        """Write what repeats the run, for a bundle; it has paths, and stays in the run folder."""
        replies = self.metering.record or self.metering.replay
        command = {
            "schema_version": 1,
            "kind": "command",
            "system": self.source,
            "model": self.services.model and without_account(self.services.model),
            **{name: getattr(harness, name) for name in ("split", "images", "visual", "limit")},
            **({"twins": True} if harness.twins else {}),
            "top_k": harness.top_k,
            "context": self.services.context and self.services.context.tokens,
            "options": recorded_options(self.services),
            "env": list(self.hosting.env),
            "limits": {"timeout": self.timeout, **self.hosting.limits_by_parameter()},
            "folder": str(Path.cwd()),
            "replies": None if replies is None else str(replies.absolute()),
        }
        write_json(harness.out / "command.json", command)

    def _check_eyes(self, harness: Harness) -> None:
        """Check that the model takes images, if this run will show it some.

        Raises:
            InputError: it does not.
        """
        shows = harness.images not in ("caption", "none") and harness.visual == "given"
        asked = self.system.only_retrieves or self.system.shows_images
        if shows and asked and not self.metering.replay:
            check_eyes(self.services, harness.questions())


def fresh_folder(name: str, parent: str = "runs") -> Path:
    """Return a new folder's path, named after a system and the time."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "system"
    folder = Path(parent) / f"{word}-{datetime.now():%Y%m%d-%H%M%S}"
    number = 1
    while folder.exists():
        number += 1
        folder = folder.with_name(f"{folder.name.partition('+')[0]}+{number}")
    return folder


def _check_prices(
    model: str | None, options: Mapping[str, str], metering: MeteringSettings, *, timeout: float
) -> None:
    """Read the user's prices before a server is asked; a budget needs the model's.

    Raises:
        InputError: the file can't be used, the price is not known, or an option names a model whose
            calls are not counted.
    """
    if metering.prices is None and metering.budget is None:
        return
    if model is not None and model.startswith("openai:"):
        parse_endpoint(model, timeout_s=timeout)  # From here on errors do not show its key.
    prices = read_price_table(metering)
    if metering.budget is not None:
        check_priced(model, prices)
        for name, value in options.items():
            check_counted(value, prices, named_by=f"the option {name}")
