"""Makes the helpers beside this file importable (``from trees import ...``), prepares torch, and
takes the time limit from property tests, whose first example may compile."""

import sys
from pathlib import Path

import hypothesis
import torch

from mcnn._torchvision import import_torchvision

sys.path.insert(0, str(Path(__file__).parent))
torch.set_num_threads(1)
import_torchvision()  # torchmetrics imports torchvision without the repair.
hypothesis.settings.register_profile("mcnn", deadline=None)
hypothesis.settings.load_profile("mcnn")
