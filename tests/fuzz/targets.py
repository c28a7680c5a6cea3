"""All readers."""

from fuzz import artefacts, datasets, models
from fuzz.target import Target

TARGETS: dict[str, Target] = artefacts.TARGETS | datasets.TARGETS | models.TARGETS

__all__ = ["TARGETS", "Target"]
