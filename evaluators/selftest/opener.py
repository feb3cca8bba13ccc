"""Opens the test conversations, each with a host, a folder and services of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from locomo_vqa.benchmark import Conversation
from locomo_vqa.system import Services

from ..answering import Answerer, AnswerModels
from ..hosting import Host, Limits
from ..hosting.sandbox import SandboxTool
from ..loading import LoadedSystem
from ..running.sandboxing import sandbox_of
from ..running.view import ConversationView
from .fixtures import World
from .observations import IMAGE_SETTINGS
from .snapshots import contents
from .trial import CallTimes, SystemTrial

if TYPE_CHECKING:
    from ..proxy import MeteringProxy

__all__ = ["Opener"]


class Opener:
    """Opens the conversations, each in its own folder."""

    def __init__(
        self,
        system: LoadedSystem,
        services: Services,
        folder: Path,
        limits: Limits,
        world: World,
        sandbox: SandboxTool | None,
        proxy: MeteringProxy | None,
        models: AnswerModels | None,
    ) -> None:
        self._models = models
        self.world = world
        self.proxy = proxy
        self.times = CallTimes()
        self._system = system
        self._services = services
        self._folder = folder
        self._limits = limits
        self._sandbox = sandbox
        self._names: list[str] = []
        (folder / "logs").mkdir(exist_ok=True)
        self.home = folder / "home"
        """The home of all conversations, as if each were run on a machine that had the others."""

    def view(self, conversation: Conversation, mode: str = "pixels") -> ConversationView:
        """Return the view of a conversation, as in a run."""
        images, visual = IMAGE_SETTINGS[mode]
        return ConversationView(self.world.benchmark, conversation, images, visual)

    def trial(
        self, name: str, conversation: Conversation, mode: str = "pixels", *, timed: bool = True
    ) -> SystemTrial:
        """Return a trial of a conversation that has not been read yet.

        If it is not `timed`, its times and failures are not part of the report.
        """
        self._names.append(name)
        services = self._services
        if self.proxy is not None:
            services = replace(services, llm=self.proxy.endpoint(name))
        view = self.view(conversation, mode)
        return SystemTrial(
            self._host(name, services),
            view,
            self._folder / "work" / name,
            services,
            self.times if timed else CallTimes(),
            only_retrieves=self._system.only_retrieves,
            answerer=self._answerer(name, view, services),
        )

    def _answerer(self, name: str, view: ConversationView, services: Services) -> Answerer | None:
        """Return what answers from passages; its calls to a model in this process are recorded."""
        if self._models is None:
            return None
        calls = self._folder / "logs" / f"{name}.calls"
        calls.mkdir()
        return self._models.answerer(view.info, services, calls)

    def _host(self, name: str, services: Services) -> Host:
        sandbox = self._sandbox and sandbox_of(
            self._sandbox,
            services,
            work=self._folder / "work" / name,
            images=self._folder / "images",
            scratch=self._folder / "scratch" / name,
        )
        log = self._folder / "logs" / f"{name}.log"
        return self._system.host(self._limits, log, sandbox, self.home)

    def strays(self) -> tuple[str, ...]:
        """Return the files outside all conversations' folders."""
        own = ("images/", "home/", "logs/", "scratch/", *(f"work/{name}/" for name in self._names))
        return tuple(name for name in contents(self._folder) if not name.startswith(own))
