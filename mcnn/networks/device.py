"""Choice of the device."""

import torch


def pick_device(name: str) -> torch.device:
    """Device by name; ``auto`` is CUDA where there is one, else MPS, else the CPU.

    Parameters
    ----------
    name
        auto, cpu, cuda or mps.
    """
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
