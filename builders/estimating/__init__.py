"""What a build will cost.

sample.py    asks about a few images, as the stages do
estimate.py  `estimate_build`: from these images to the whole build
"""

from .estimate import BuildEstimate, estimate_build

__all__ = ["BuildEstimate", "estimate_build"]
