"""Whether an entry's system answers from the picture, computed again from raw answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.runs import visual_handling
from locomo_vqa.wings import load_by_name

from ...entry_files.certificate import differences, read_certificate
from ...entry_files.folder import EntryFolder
from ..checklist import Checklist

__all__ = ["check_certificate"]

_NOT_DONE = "It was not tested whether the system answers from the picture."


def check_certificate(
    checks: Checklist, found: EntryFolder, run: Mapping[str, Any] | None, benchmark: Benchmark
) -> dict[str, Any] | None:
    """Return the certificate of an entry's own way of asking; None if it is not tested.

    A certificate that can't be used doesn't reject the entry: it is as if there were none.
    """
    try:
        document = None if run is None else read_certificate(found.path)
        if document is None or run is None:
            checks.not_done("certificate", _NOT_DONE)
            return None
        for name in differences(document, run):
            checks.flagged(
                "certificate", f"certificate.json: its runs have another {name} than the entry."
            )
            return None
        recompute = load_by_name("locomo_vqa.evaluators.ablation.certificate_file:recompute")
        certificates = {each.visual: each for each in recompute(document, benchmark)}
    except InputError as error:
        checks.flagged("certificate", error.message)
        return None
    certificate = certificates.get(visual_handling(run))
    if certificate is None:
        checks.not_done("certificate", "The certificate is about another way of asking.")
        return None
    checks.passed("certificate", f"{certificate.reading} {certificate.scope}")
    content: dict[str, Any] = certificate.to_json()
    return content
