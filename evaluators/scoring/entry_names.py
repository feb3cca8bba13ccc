"""The names of a submission, whose folder has a metadata.yaml beside run.json."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.bounded_reading import read_bounded_text
from locomo_vqa.errors import InputError

__all__ = ["entry_name", "source_name"]

_METADATA = "metadata.yaml"
_MOST_BYTES = 64 << 10


def source_name(folder: Path) -> str:
    """Return what a run's folder is called: for a submission, `<system>__<answerer>/<date>`."""
    place = folder.resolve()
    if (folder / _METADATA).is_file():
        return f"{place.parent.name}/{place.name}"
    return folder.name


def entry_name(folder: Path) -> str | None:
    """Return the name that a submission has on a board; None for other runs.

    Only this one value is read, whatever else the file contains: nothing in it is built.
    """
    import yaml

    path = folder / _METADATA
    if not path.is_file():
        return None
    try:
        text = read_bounded_text(path, what="the metadata", most=_MOST_BYTES)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        for key in ("system", "name"):
            if not isinstance(node, yaml.MappingNode):
                return None
            found = [value for name, value in node.value if name.value == key]
            node = found[0] if len(found) == 1 else None
    except (InputError, yaml.YAMLError, ValueError, RecursionError):
        return None
    return node.value if isinstance(node, yaml.ScalarNode) else None
