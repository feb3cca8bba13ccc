"""Runs one system under several modes, to show how much of V depends on the images."""

from .api import ablate
from .badge import BADGE_FILE
from .certificate import Certificate, Verdict, certify
from .certificate_file import CERTIFICATE_FILE
from .comparison import PairedAnswer
from .modes import ABLATION_FILE
from .result import Ablation, ModeDifference, ModeScores, signed

__all__ = [
    "ABLATION_FILE",
    "BADGE_FILE",
    "CERTIFICATE_FILE",
    "Ablation",
    "Certificate",
    "ModeDifference",
    "ModeScores",
    "PairedAnswer",
    "Verdict",
    "ablate",
    "certify",
    "signed",
]
