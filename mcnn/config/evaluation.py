"""Settings of the evaluation on images (paper, section 4.1)."""

from typing import Literal

from pydantic import Field

from mcnn.config.base import Section

Postprocessing = Literal["none", "dense_crf"]


class Evaluation(Section):
    """What trained networks are evaluated on."""

    sets: tuple[str, ...] = Field(
        default=(),
        description="Names of image sets of `images`. A network is evaluated on those that have "
        "its classes. Without any there are pictures of the targets' predictions, and no figures.",
    )
    postprocessing: Postprocessing = Field(
        default="none",
        description="Of targets that name none. none: the network's labels, as in the paper; "
        "dense_crf: labels of a fully connected CRF on the network's probabilities, with DeepLab's "
        "constants.",
    )
