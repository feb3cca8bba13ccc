"""Publishes a finished benchmark as a data set that others can load.

`publish_dataset` writes one folder that is a benchmark folder and a Hugging Face data set;
`push_dataset` pushes such a folder to the Hub. `publish_benchmark` does both.
"""

from .facts import ModelFact, ProbeFact, PublishFacts, ReviewFact, VerificationFact
from .folder import publish_dataset
from .publish import PublishedDataset, publish_and_push, publish_benchmark
from .push import push_dataset

__all__ = [
    "ModelFact",
    "ProbeFact",
    "PublishFacts",
    "PublishedDataset",
    "ReviewFact",
    "VerificationFact",
    "publish_and_push",
    "publish_benchmark",
    "publish_dataset",
    "push_dataset",
]
