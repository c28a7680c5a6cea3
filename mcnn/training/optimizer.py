"""Stochastic gradient descent as in DeepLab: step schedule, multipliers per kind of parameter."""

import torch
from torch import nn

from mcnn.config.training import Optimizer, Stage


def freeze_backbone(network: nn.Module, classifier: list[nn.Parameter]) -> None:
    """Let no parameter but those of the last layer take a gradient.

    The forward pass of the other layers then keeps nothing for a backward pass, as under
    `torch.no_grad`.
    """
    network.requires_grad_(False)
    for parameter in classifier:
        parameter.requires_grad_(True)


def parameter_groups(
    network: nn.Module, classifier: list[nn.Parameter], settings: Optimizer
) -> list[dict]:
    """Parameters by learning-rate multiplier and weight decay.

    All layers but the last are the backbone, whichever of them are pretrained.

    Parameters
    ----------
    network
        The network.
    classifier
        Parameters of its last layer.
    settings
        Multipliers and weight decay.

    Returns
    -------
    Groups for a torch optimizer, each with its multiplier of the learning rate under
    ``multiplier``: weights 1, biases 2, times ten in the last layer and `backbone_multiplier` in
    the others; no decay of biases. Parameters that take no gradient are left out.
    """
    last = {id(parameter) for parameter in classifier}
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    trained = ((n, p) for n, p in network.named_parameters() if p.requires_grad)
    for name, parameter in trained:
        key = (name.endswith("bias"), id(parameter) in last)
        groups.setdefault(key, []).append(parameter)
    return [
        {
            "params": parameters,
            "multiplier": (settings.bias_multiplier if bias else 1.0)
            * (settings.classifier_multiplier if in_last else settings.backbone_multiplier),
            "weight_decay": 0.0 if bias else settings.weight_decay,
        }
        for (bias, in_last), parameters in groups.items()
    ]


def learning_rate(iteration: int, stage: Stage, step_factor: float) -> float:
    """Base learning rate of an iteration (counted from 0), dropped every `step_size`.

    Examples
    --------
    >>> stage = Stage(iterations=60, learning_rate=0.1, step_size=20, alpha=1)
    >>> [round(learning_rate(i, stage, 0.1), 6) for i in (0, 19, 20, 40)]
    [0.1, 0.1, 0.01, 0.001]
    """
    return stage.learning_rate * step_factor ** (iteration // stage.step_size)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the base learning rate, times each group's multiplier."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["multiplier"]
