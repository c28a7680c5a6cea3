"""Prepares torch, and takes the time limit from property tests, whose first example may compile."""

import hypothesis
import torch

from mcnn._torchvision import import_torchvision

torch.set_num_threads(1)
import_torchvision()  # torchmetrics imports torchvision without the repair.
hypothesis.settings.register_profile("mcnn", deadline=None)
hypothesis.settings.load_profile("mcnn")
