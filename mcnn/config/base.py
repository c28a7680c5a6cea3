"""What all sections of the configuration have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of the configuration: unknown keys are refused, values are not mutated."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
