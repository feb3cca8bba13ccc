"""Notes on how a run was made, from its run.json: lost requests, and what else was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .context_budget import context_in_words
from .local_paths import public_name
from .models.token_counting import BYTES_RULE
from .text import counted
from .toolkit_code import toolkit_code, toolkit_name

__all__ = [
    "asked_notes",
    "context_note",
    "embedder_of",
    "is_clean",
    "lost_note",
    "record_note",
    "recording_notes",
    "sent_images",
    "toolkit_note",
]

_MOST_PLACES = 3
_UNASKED = ("embedding", "judge")
"""The stages whose model is not the one that answers."""


def recording_notes(info: Mapping[str, Any]) -> list[str]:
    """Return what a reader of a run's scores must know about how it was made."""
    lost = lost_note(info)
    return [*([] if lost is None else [lost]), *asked_notes(info)]


def is_clean(info: Mapping[str, Any]) -> bool:
    """Return whether no conversation lost more than a twentieth of its requests to the model."""
    return all(lost["clean"] for lost in _all_lost(info))


def lost_note(info: Mapping[str, Any]) -> str | None:
    """Return a sentence about the requests that got no reply; None if all got one."""
    lost = _all_lost(info)
    number, requests = (sum(each[name] for each in lost) for name in ("lost", "requests"))
    if not number:
        return None
    places = [
        f"{name}: {stage['lost']:,} of {stage['requests']:,} {kind}"
        for each in lost
        for name, stages in each["by_conversation"].items()
        for kind, stage in stages.items()
        if stage["lost"]
    ]
    shown = "; ".join(places[:_MOST_PLACES])
    more = len(places) - _MOST_PLACES
    reasons = [f"{why} ({times:,})" for each in lost for why, times in each["reasons"].items()]
    begin = "" if is_clean(info) else "The run is not clean: "
    return (
        f"{begin}{number:,} of {counted(requests, 'request')} to the model got no reply: "
        f"{', '.join(reasons)} ({shown}{f'; and {more:,} more' if more > 0 else ''})."
    )


def _all_lost(info: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the lost requests to the endpoint, and those to models in the run's processes."""
    entries = (_calls(info), info.get("model_calls") or {})
    return [lost for entry in entries if (lost := entry.get("lost")) is not None]


def record_note(info: Mapping[str, Any]) -> str | None:
    """Return a sentence if nothing is known of what the system ran on; None if it is."""
    record = info.get("record")
    if record is None:
        return "run.json does not say what the system ran on: an earlier version wrote it."
    if record["environment"] is None:
        return "What the system ran on is not known: it is a server, or it never started."
    return None


def toolkit_note(info: Mapping[str, Any]) -> str | None:
    """Return a sentence if a run's toolkit was changed, or is not this one of the same version."""
    code = (info.get("record") or {}).get("toolkit")
    if code is None:
        return None
    here = toolkit_code()
    if code["version"] == here["version"] and code["sha256"] != here["sha256"]:
        return f"The run's toolkit is {toolkit_name(code)}, not this one: {toolkit_name(here)}."
    if code["dirty"]:
        return f"The run's toolkit had changes that were not committed: {toolkit_name(code)}."
    return None


def context_note(info: Mapping[str, Any]) -> str | None:
    """Return a sentence about what the answering model was handed; None if nothing counted it.

    A run whose budget was not kept says so, also where that is not known.
    """
    context = info.get("context") or {}
    tokens, mean, by = context.get("tokens"), context.get("mean"), context.get("counted_by")
    if by is None or (tokens is None and by not in ("harness", "system")):
        return None
    limit = "" if tokens is None else f", of at most {tokens:,}"
    rule = f"counted by {_tokenizer_in_words(context['tokenizer'])}"
    if mean is None:
        return f"Whether the context budget of {context_in_words(tokens)} was kept is not known."
    if by in ("harness", "system"):
        said = "" if by == "harness" else ", as the system says"
        sentence = f"Context: {mean:,.1f} tokens a text question{limit} ({rule}{said})."
    else:
        sentence = (
            f"Context: the system does not say what the model got; its requests for answers have "
            f"up to {context['most']:,} tokens in all, with a budget of {tokens:,}."
        )
    if context["kept"] is False:
        sentence += f" The budget was not kept: {context['over']:,} of {context['counted']:,} over."
    return sentence


def _tokenizer_in_words(tokenizer: str) -> str:
    return tokenizer if tokenizer == BYTES_RULE else f"the tokenizer of {public_name(tokenizer)}"


def asked_notes(info: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each way in which the calls differ from the run's named model."""
    answerer, asked = info["answerer"], _calls(info).get("asked") or ()
    answering = [row for row in asked if row["stage"] not in _UNASKED]
    others = [row for row in answering if row["model"] not in (answerer["model"], None)]
    notes = [
        f"{counted(number, 'call')} ({stages}) asked {model}, not {answerer['model']}."
        for model, number, stages in _grouped(others, "model")
    ]
    wanted = answerer["temperature"]
    warmer = [row for row in answering if row["temperature"] not in (wanted, None)]
    notes += [
        f"{counted(number, 'call')} ({stages}) asked at temperature {warmth:g}, not {wanted:g}."
        for warmth, number, stages in _grouped(warmer, "temperature")
        if wanted is not None
    ]
    unset = [row for row in answering if row["temperature"] is None]
    return notes + [
        f"{counted(number, 'call')} ({stages}) named no temperature, so the server chose it."
        for _, number, stages in _grouped(unset, "temperature")
    ]


def embedder_of(info: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return the embedder of a run: what the system says, else what its calls named; None if none.

    It has a `name` and, where known, the `model` that the server named, the `revision`
    of a snapshot, or the `sha256` of the weights.
    """
    environment = (info.get("record") or {}).get("environment") or {}
    said: Mapping[str, str] | None = environment.get("embedder")
    rows = [row for row in _calls(info).get("asked") or () if row["stage"] == "embedding"]
    wanted = [row for row in rows if row["model"] and said in (None, {"name": row["model"]})]
    if not wanted:
        return said
    answered = wanted[0].get("answered") or ()
    return {"name": wanted[0]["model"], **({"model": answered[0]} if answered else {})}


def sent_images(info: Mapping[str, Any]) -> bool | None:
    """Return whether any call had an image; None if that is not known."""
    asked = _calls(info).get("asked")
    return None if not asked else any(row["images"] for row in asked)


def _calls(info: Mapping[str, Any]) -> Mapping[str, Any]:
    calls: Mapping[str, Any] | None = info.get("calls")
    return calls or {}


def _grouped(rows: Sequence[Mapping[str, Any]], key: str) -> Iterator[tuple[Any, int, str]]:
    """Yield each value of a key, the number of calls with it, and the stages that made them."""
    for value in dict.fromkeys(row[key] for row in rows):
        group = [row for row in rows if row[key] == value]
        stages = ", ".join(dict.fromkeys(row["stage"] for row in group))
        yield value, sum(row["calls"] for row in group), stages
