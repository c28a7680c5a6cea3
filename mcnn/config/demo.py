"""Settings of the rendered demo."""

from typing import Literal

from pydantic import Field

from mcnn.config.base import Section

DemoClass = Literal["aeroplane", "boat", "car", "cat", "horse"]


class Demo(Section):
    """The rendered world, written in the official layouts."""

    enabled: bool = Field(default=False, description="Whether the run renders its own data.")
    root: str = Field(default="resources/demo", description="Folder the world is written to.")
    seed: int = Field(default=0, ge=0, description="Seed of everything that is drawn at random.")
    classes: tuple[DemoClass, ...] = Field(
        default=("aeroplane", "boat", "car", "horse"), min_length=1, description="What is drawn."
    )
    videos_per_class: int = Field(default=4, ge=1, description="Videos of each class.")
    shots_per_video: int = Field(default=5, ge=1, description="Shots of each video.")
    train_images: int = Field(default=60, ge=1, description="Tagged images for joint training.")
    val_images: int = Field(default=100, ge=1, description="Images with masks for evaluation.")
    height: int = Field(default=96, ge=32, description="Height of frames and images, in pixels.")
    width: int = Field(default=128, ge=32, description="Width of frames and images, in pixels.")
