"""Runs one system under several modes, to show how much of V depends on the images."""

from .api import ablate
from .modes import ABLATION_FILE
from .result import Ablation, ModeDifference, ModeScores, signed

__all__ = ["ABLATION_FILE", "Ablation", "ModeDifference", "ModeScores", "ablate", "signed"]
