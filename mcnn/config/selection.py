"""Settings of the choice of shots for fine-tuning (paper, section 3.4)."""

from pydantic import Field

from mcnn.config.base import Section


class Selection(Section):
    """Choice of one shot per video for fine-tuning (paper, section 3.4)."""

    min_iou: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Least mean overlap of motion mask and prediction of a selected shot.",
    )
