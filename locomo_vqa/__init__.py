"""LoCoMo-VQA: the benchmark and data-set toolkit for multimodal memory systems."""

from locomo_vqa._version import __version__
from locomo_vqa.benchmark import Benchmark, load_benchmark

__all__ = ["Benchmark", "__version__", "load_benchmark"]
