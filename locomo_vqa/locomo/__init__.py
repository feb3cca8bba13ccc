"""LoCoMo's published files, read as a benchmark."""

from locomo_vqa.locomo.reader import Errata, Locomo, read_locomo

__all__ = ["Errata", "Locomo", "read_locomo"]
