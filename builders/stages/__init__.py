"""The stages of a build, one per file.

Each reads the results of earlier stages in the work folder and writes its own completely or not at
all. All model calls go through the response store, so running a stage again, after a kill or on
purpose, pays for nothing twice and gives the same bytes.
"""

from .base import STAGE_NAMES, PublishedBuild, Stage, StageContext, StageName, choices_of
from .generate import GENERATE
from .images import IMAGES
from .ingest import INGEST
from .probe import PROBE
from .publish import PUBLISH
from .review import REVIEW
from .select import SELECT
from .split import SPLIT

__all__ = [
    "STAGES",
    "STAGE_NAMES",
    "PublishedBuild",
    "Stage",
    "StageContext",
    "StageName",
    "choices_of",
]

STAGES: tuple[Stage, ...] = (INGEST, IMAGES, SPLIT, PROBE, SELECT, GENERATE, REVIEW, PUBLISH)
"""Every stage, in order."""
