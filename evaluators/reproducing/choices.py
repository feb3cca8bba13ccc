"""Which model takes the part of each of the paper's models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import check_mapping, check_path, nearest
from locomo_vqa.bounded_reading import read_bounded_text
from locomo_vqa.errors import InputError
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.names import hide_credentials, parse_name
from locomo_vqa.models.opening import check_local
from locomo_vqa.toml_gate import MAX_TOML_BYTES, load_toml

from .paper import load_paper

__all__ = ["Choice", "Choices", "checked_models", "is_named_as", "read_models"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The model that takes the part of one of the paper's."""

    paper: str
    """The paper's model."""
    model: str
    """The model's name here."""
    is_given: bool
    """Whether it can be asked; otherwise it is where the documentation serves it."""
    is_stand_in: bool = False
    """Whether an embedded model takes the part of one that the caller did not name."""
    options: Mapping[str, str]
    """The options of a run that it needs."""

    @property
    def is_papers(self) -> bool:
        """Whether its name has that of the paper's model."""
        return is_named_as(self.paper, self.model)

    @property
    def is_embedded(self) -> bool:
        """Whether it comes with the package."""
        return self.model.startswith("embedded:")

    @property
    def is_served(self) -> bool:
        """Whether an endpoint serves it, whose calls cost money."""
        return parse_name(self.model).scheme == "openai"

    @property
    def can_be_taught(self) -> bool:
        """Whether experts can be trained for it."""
        return parse_name(self.model).scheme in ("transformers", "embedded")

    @property
    def slug(self) -> str:
        """The model's own name in the name of a folder."""
        name = parse_name(self.model)
        own = name.options.get("model", name.target)
        kept = "".join(c if c.isalnum() or c in ".-_" else "-" for c in own.rsplit("/", 1)[-1])
        return kept.strip(".-").lower() or "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The models of a reproduction."""

    given: Mapping[str, str]
    """The models that the caller named, by the paper's name."""
    embedded: bool = False
    """Whether embedded models take the part of those that were not named."""

    @classmethod
    def checked(cls, models: object, *, embedded: bool) -> Choices:
        """Return the choices for the argument `models`, a mapping or the path of a TOML file.

        Raises:
            InputError: a model is not one of the paper's, or a name can't be used.
        """
        if isinstance(models, str | Path):
            return cls(given=read_models(models), embedded=embedded)
        check_mapping("models", models, optional=True)
        assert models is None or isinstance(models, Mapping)
        return cls(given=checked_models(models or {}, parameter="models"), embedded=embedded)

    def of(self, paper: str) -> Choice:
        """Return what takes the part of one of the paper's models."""
        model = load_paper().models[paper]
        if paper in self.given:
            return Choice(paper=paper, model=self.given[paper], is_given=True, options={})
        if self.embedded:
            stand_in = model.stand_in
            return Choice(
                paper=paper,
                model=stand_in["model"],
                is_given=True,
                is_stand_in=True,
                options=dict(stand_in.get("options", {})),
            )
        return Choice(paper=paper, model=model.model, is_given=False, options={})


def is_named_as(paper: str, model: str) -> bool:
    """Return whether a model's name has that of one of the paper's models."""
    return load_paper().models[paper].id.rsplit("/", 1)[-1].lower() in model.lower()


def read_models(source: str | Path, *, parameter: str = "models") -> dict[str, str]:
    """Read a TOML file whose table `[models]` has a model's name for each of the paper's.

    `parameter` is what errors call the argument that named the file.

    Raises:
        InputError: it can't be read, or a model can't be used.
    """
    path = check_path(parameter, source)
    text = read_bounded_text(path, what="the list of models", most=MAX_TOML_BYTES)
    try:
        raw = load_toml(text)
    except ValueError as error:
        raise InputError(f"{path}: is not valid TOML ({error}).", "Correct the file.") from None
    models: Any = raw.get("models")
    if set(raw) != {"models"} or not isinstance(models, dict):
        raise InputError(
            f"{path}: must have one table, [models].",
            'Write a line such as "Gemma2-27B" = "openai:…" for each model below [models].',
        )
    return checked_models(models, parameter=parameter, where=str(path))


def checked_models(
    models: Mapping[Any, Any], *, parameter: str, where: str | None = None
) -> dict[str, str]:
    """Return the models by the paper's own spelling; `where` is the file that names them.

    Raises:
        InputError: one is not a model of the paper, or its name can't be used.
    """
    where = where or f"`{parameter}`"
    known = {name.lower(): name for name in load_paper().models}
    found: dict[str, str] = {}
    for name, model in models.items():
        if not isinstance(name, str) or name.lower() not in known:
            close = nearest(name, known.values())
            raise InputError(
                f"{where}: the paper has no model {hide_credentials(str(name))!r}.",
                f"Did you mean {close}?" if close else f"Its models are {_listed(known)}.",
            )
        if not isinstance(model, str):
            raise InputError(
                f"{where}: the model for {name} must be a string, not {model!r}.",
                "Name a model, such as openai:<base URL>?model=<name>.",
            )
        scheme = parse_name(model, parameter=parameter).scheme
        if scheme == "openai":
            parse_endpoint(model, timeout_s=1.0, parameter=parameter)
        elif scheme == "embedded":
            check_local(model, parameter=parameter)
        found[known[name.lower()]] = model
    return found


def _listed(known: Mapping[str, str]) -> str:
    return ", ".join(known.values())
