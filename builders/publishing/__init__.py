"""The last stage: a finished benchmark becomes a data set that others can load.

`publish` writes one folder that is a benchmark folder and a Hugging Face data set; `push.push`
puts such a folder on the Hub.
"""

from .facts import ModelFact, ProbeFact, PublishFacts
from .folder import publish

__all__ = ["ModelFact", "ProbeFact", "PublishFacts", "publish"]
