"""Sends a submission to a data set on the Hugging Face Hub, as a pull request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.hub_client import hub_client, quiet_unless_terminal
from locomo_vqa.hub_errors import hub_errors
from locomo_vqa.models.names import hide_credentials

from .destination import Placed
from .draft import Draft

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["HubDestination"]

_ADDRESS = re.compile(r"hf://datasets/([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)", re.ASCII)
_FOLDER = "submissions"
_NO_RIGHTS = "Use a token that may open pull requests there."
_OTHER = "Choose another `date` or `name`; a submission is never replaced."


@dataclass(frozen=True, slots=True)
class HubDestination:
    """A data set on the Hub with a folder `submissions`."""

    repository: str
    """`org/name`."""

    @classmethod
    def parse(cls, text: str) -> HubDestination:
        """Return the destination of an address `hf://datasets/org/name`.

        Raises:
            InputError: the address is not valid.
        """
        found = _ADDRESS.fullmatch(text)
        if found is None:
            raise InputError(
                f"`to`: {hide_credentials(text)} is not the address of a data set on the Hub.",
                "Write it as hf://datasets/ORG/NAME.",
            )
        return cls(found[1])

    @property
    def shown(self) -> str:
        """The address."""
        return f"hf://datasets/{self.repository}"

    def explain(self, draft: Draft) -> str:
        """Return a sentence on what `send` will do."""
        return f"A pull request with it is opened in {self.shown}, by the owner of your token."

    def send(self, draft: Draft) -> Placed:
        """Open a pull request, or find the submission in one or on the main branch.

        Raises:
            MissingResource: no token is set, or the Hub does not accept it.
            OutputError: another submission has its name and date, or the Hub refuses or fails.
        """
        api, files = hub_client(), _local_ids(draft)
        with hub_errors(self.repository, no_rights=_NO_RIGHTS), quiet_unless_terminal():
            placed = self._find(api, draft, files)
        if placed is not None:
            return placed
        try:
            with hub_errors(self.repository, no_rights=_NO_RIGHTS), quiet_unless_terminal():
                url = self._open(api, draft)
        except OutputError:
            with hub_errors(self.repository, no_rights=_NO_RIGHTS):
                placed = self._find(api, draft, files)  # Its answer may have been lost.
            if placed is None:
                raise
            return placed
        return Placed(place=url, url=url)

    def _open(self, api: HfApi, draft: Draft) -> str:
        from huggingface_hub import CommitOperationAdd

        commit = api.create_commit(
            self.repository,
            [
                CommitOperationAdd(f"{_FOLDER}/{draft.name}/{name}", draft.folder / name)
                for name in draft.files
            ],
            commit_message=_title(draft),
            repo_type="dataset",
            create_pr=True,
        )
        return str(commit.pr_url)

    def _find(self, api: HfApi, draft: Draft, files: Mapping[str, set[str]]) -> Placed | None:
        places = {"main": self.shown}
        places |= {f"refs/pr/{number}": url for number, url in self._proposals(api, draft)}
        for revision, place in places.items():
            entries = self._entries(api, draft, revision)
            days = [day for day in entries if draft.any_day or day == draft.day.isoformat()]
            if any(_is_same(entries[day], files) for day in days):
                return Placed(place=place, url=None if revision == "main" else place, is_new=False)
            if draft.day.isoformat() in entries:
                raise OutputError(
                    f"{draft.name}: another submission with this name and date is in {place}; "
                    "nothing was sent.",
                    _OTHER,
                )
        return None

    def _proposals(self, api: HfApi, draft: Draft) -> Iterator[tuple[int, str]]:
        """Yield number and address of each open pull request with a submission of this system."""
        begin = _title(draft).rpartition("/")[0]
        found = api.get_repo_discussions(
            self.repository,
            discussion_type="pull_request",
            discussion_status="open",
            repo_type="dataset",
        )
        for each in found:
            if each.title.rpartition("/")[0] == begin:
                yield (
                    each.num,
                    f"{api.endpoint}/datasets/{self.repository}/discussions/{each.num}",
                )

    def _entries(self, api: HfApi, draft: Draft, revision: str) -> dict[str, dict[str, str]]:
        """Return the submissions of the system in a revision: by date, the ids of their files."""
        from huggingface_hub.errors import EntryNotFoundError

        place = f"{_FOLDER}/{draft.system_folder}"
        entries: dict[str, dict[str, str]] = {}
        try:
            for item in api.list_repo_tree(
                self.repository, place, recursive=True, revision=revision, repo_type="dataset"
            ):
                day, slash, name = item.path.removeprefix(f"{place}/").partition("/")
                if slash and hasattr(item, "blob_id"):
                    entries.setdefault(day, {})[name] = _remote_id(item)
        except EntryNotFoundError:
            return {}
        return entries


def _title(draft: Draft) -> str:
    return f"Submit {draft.name}"


def _remote_id(file: Any) -> str:
    """Return a file's hash on the Hub: SHA-256 if it is kept outside of Git, or else Git's."""
    return str(file.lfs.sha256 if file.lfs is not None else file.blob_id)


def _local_ids(draft: Draft) -> dict[str, set[str]]:
    """Return both hashes that the Hub may know a file by."""
    found = {}
    for name in draft.files:
        data = (draft.folder / name).read_bytes()
        blob = b"blob %d\0" % len(data) + data
        found[name] = {
            hashlib.sha256(data).hexdigest(),
            hashlib.sha1(blob, usedforsecurity=False).hexdigest(),
        }
    return found


def _is_same(remote: Mapping[str, str], local: Mapping[str, set[str]]) -> bool:
    return set(remote) == set(local) and all(remote[name] in local[name] for name in local)
