"""Opens a base model with its experts, on any backend that runs in this process."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.errors import InputError
from locomo_vqa.models.expert_requests import ExpertBase
from locomo_vqa.models.experts import Expert
from locomo_vqa.models.names import ModelName
from locomo_vqa.models.opening import check_local

__all__ = ["check_experts", "check_takes_adapters", "open_experts"]


def open_experts(base: ModelName, experts: Sequence[Expert]) -> ExpertBase:
    """Load the base model with its experts.

    Raises:
        InputError: the base model can't take adapters, or an expert belongs to another base model.
        MissingResource: packages or weights are missing on this machine.
    """
    check_takes_adapters(base)
    if base.scheme == "embedded":
        from locomo_vqa.models.experts_embedded import EmbeddedExperts

        return EmbeddedExperts(base, experts)
    from locomo_vqa.models.experts_local import ExpertsModel

    return ExpertsModel(base, experts)


def check_experts(base: ModelName, experts: Sequence[Expert], *, sees: bool) -> None:
    """Check that experts belong to a base model and, with `sees`, that it accepts images.

    Raises:
        InputError: the base model can't take adapters or does not accept images, or an expert
            belongs to another base model.
        MissingResource: packages or weights are missing on this machine.
    """
    check_takes_adapters(base)
    if base.scheme == "embedded":
        from locomo_vqa.models.experts_embedded import EmbeddedExperts

        check_local(base.spec, parameter=base.parameter)
        if not EmbeddedExperts(base, experts).sees and sees:
            raise InputError(f"{base.label}: does not see images.", "Give embedded:small.")
        return
    from locomo_vqa.models.expert_fit import check_fit, check_peft

    check_peft()
    check_fit(base, experts, sees=sees)


def check_takes_adapters(base: ModelName) -> None:
    """Check that a model runs in this process.

    Raises:
        InputError: it runs elsewhere, so it can't take adapters.
    """
    if base.scheme not in ("embedded", "transformers"):
        raise InputError(
            f"{base.label}: can't take adapters; only models that run in this process can.",
            "Name a base model like transformers:google/gemma-2-2b-it.",
        )
