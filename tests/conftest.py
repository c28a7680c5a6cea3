"""Makes the helpers beside this file importable (``from trees import ...``) and prepares torch."""

import sys
from pathlib import Path

import torch

from mcnn._torchvision import import_torchvision

sys.path.insert(0, str(Path(__file__).parent))
torch.set_num_threads(1)
import_torchvision()  # torchmetrics imports torchvision without the repair.
