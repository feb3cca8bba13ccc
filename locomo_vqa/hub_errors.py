"""Turns the Hub client's exceptions into errors that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from locomo_vqa.errors import LocomoVqaError, MissingResource, OutputError

__all__ = ["NO_TOKEN_REMEDY", "hub_errors"]

NO_TOKEN_REMEDY = (
    "Create a token with write access at https://huggingface.co/settings/tokens, then run "
    "`hf auth login` or set HF_TOKEN."
)
_AGAIN = "Run the command again: what the Hub already has is not sent twice."


_NO_RIGHTS = "Use a token with write access, ask the owner, or set `pull_request`."


@contextmanager
def hub_errors(repo_id: str, *, no_rights: str = _NO_RIGHTS) -> Iterator[None]:
    """Turn the client's errors inside the block into ours, and leave other errors alone.

    `no_rights` is what to do where the token has no write access.

    Raises:
        MissingResource: the token is missing or not accepted.
        OutputError: the Hub can't be reached, refuses, or fails.
    """
    try:
        yield
    except LocomoVqaError:
        raise
    except Exception as error:
        known = _translated_error(error, repo_id, no_rights)
        if known is None:
            raise
        raise known from None  # The client's own words may repeat the token.


def _translated_error(error: BaseException, repo_id: str, no_rights: str) -> LocomoVqaError | None:
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return OutputError("The Hub's client is in offline mode.", "Unset HF_HUB_OFFLINE.")
    if isinstance(error, HfHubHTTPError):
        return _http_error(error.response.status_code, _server_message(error), repo_id, no_rights)
    if isinstance(error, JSONDecodeError):
        return OutputError(f"{repo_id}: the Hub answered with something other than JSON.", _AGAIN)
    if _is_network_error(error):
        return OutputError(
            f"{repo_id}: the Hugging Face Hub can't be reached, or the connection broke ({error}).",
            f"Check the network. {_AGAIN}",
        )
    # The client wraps what happens in its threads.
    cause = error.__cause__ if isinstance(error, RuntimeError) else None
    return _translated_error(cause, repo_id, no_rights) if cause else None


def _is_network_error(error: BaseException) -> bool:
    """Return whether an error is from the client's HTTP library, which differs between versions."""
    from huggingface_hub.errors import HfHubHTTPError

    http = tuple(base for base in HfHubHTTPError.__bases__ if base is not OSError)
    return isinstance(error, (*http, ConnectionError, TimeoutError))


def _server_message(error: Exception) -> str:
    """Return the server's message, or else the client's, on one line."""
    said = getattr(error, "server_message", None) or str(error)
    return " ".join(said.split())[:200]


def _http_error(status: int, reason: str, repo_id: str, no_rights: str) -> LocomoVqaError:
    if status == 401:
        return MissingResource(f"The Hub does not accept the token ({reason}).", NO_TOKEN_REMEDY)
    if status == 403:
        return OutputError(
            f"{repo_id}: the token has no write access ({reason}).",
            no_rights,
        )
    if status in (409, 412):
        return OutputError(
            f"{repo_id}: someone else changed it at the same time ({reason}).", _AGAIN
        )
    if status == 429 or status >= 500:
        return OutputError(f"{repo_id}: the Hub failed with status {status} ({reason}).", _AGAIN)
    return OutputError(
        f"{repo_id}: the Hub refused with status {status} ({reason}).",
        "Check the name of the data set and the token's rights.",
    )
