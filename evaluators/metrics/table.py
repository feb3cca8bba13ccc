"""Opens metrics by name; each is in the module of the same name.

The module of a metric that needs only two texts has `METRIC`; if it needs a text encoder, the
module has `open_metric`, which gets the encoders that these metrics share.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from locomo_vqa.arguments import check_choice
from locomo_vqa.errors import InputError
from locomo_vqa.metric_names import METRICS

from .base import BatchMetric, Metric
from .l_settings import LSettings

if TYPE_CHECKING:
    from .l_parts import LParts

__all__ = ["METRICS", "NO_JUDGE", "MetricOpener", "get_metric", "open_l_metrics"]

NO_JUDGE = (
    "J needs the verdicts of a judge model. Name one with `judge`, such as "
    '"openai:http://127.0.0.1:23333/v1?model=openai/gpt-oss-120b", or "rules", which need no model.'
)
"""Why J is not computed without a judge."""

_NEEDS = {
    "judge": NO_JUDGE,
    "encoder": "Its values need a text encoder.",
    "retrieved": "It is about what was retrieved, not about the answer.",
    "abstention": "It counts the answers that decline.",
    "verdicts": "It counts the verdicts that a file of another harness carries.",
}


def get_metric(name: str) -> Metric:
    """Return the metric called `name`, which must be a function of two texts.

    Raises:
        InputError: the name is unknown, or the metric needs an encoder or a judge as well.
    """
    check_choice("metric", name, METRICS)
    if METRICS[name].needs != "nothing":
        plain = ", ".join(known for known, info in METRICS.items() if info.needs == "nothing")
        reason = _NEEDS[METRICS[name].needs]
        raise InputError(
            f"{METRICS[name].title} can't be computed from two texts alone. {reason}",
            f"Score a run with it, or choose one of {plain}.",
        )
    metric: Metric = import_module(f".{name}", __package__).METRIC
    return metric


class MetricOpener:
    """Opens metrics, which share their encoders; each loads only what it needs."""

    def __init__(self, l_settings: LSettings | None = None, *, fetch: bool = False) -> None:
        """`fetch`: whether to download an encoder that is not on this machine."""
        self._l_settings = l_settings or LSettings()
        self._fetch = fetch
        self._parts: LParts | None = None

    def open(self, name: str) -> BatchMetric:
        """Return the metric called `name`.

        Raises:
            InputError: the name is unknown or J's, or a file of an encoder is damaged.
            MissingResource: one of the metric's encoders is not on this machine.
        """
        check_choice("metric", name, METRICS)
        if METRICS[name].needs != "encoder":
            return get_metric(name)
        if self._parts is None:
            from .l_parts import LParts

            self._parts = LParts(self._l_settings, fetch=self._fetch)
        metric: BatchMetric = import_module(f".{name}", __package__).open_metric(self._parts)
        return metric


def open_l_metrics(settings: LSettings, *, fetch: bool = False) -> dict[str, BatchMetric]:
    """Return L, BERTScore and SBERT by name, with shared encoders and values.

    Args:
        settings: the settings of all three.
        fetch: whether to download an encoder that is not on this machine.

    Raises:
        InputError: a file of an encoder is damaged, or belongs to another model.
        MissingResource: an encoder is not on this machine and can't be fetched.
    """
    opener = MetricOpener(settings, fetch=fetch)
    needing = (name for name, info in METRICS.items() if info.needs == "encoder")
    return {name: opener.open(name) for name in needing}
