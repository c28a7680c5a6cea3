"""The one place that imports torchvision."""

import importlib
import sys
from functools import lru_cache
from types import ModuleType

import torch

_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@lru_cache
def import_torchvision() -> ModuleType:
    """Import torchvision, also where its compiled operators cannot be loaded.

    Beside a torch of another build (a CPU-only torch and a CUDA torchvision, say) torchvision's
    library of operators does not load, and its import ends in "operator torchvision::nms does not
    exist". Nothing here calls those operators; declaring the two makes the import succeed, and
    with it later imports of whatever imports torchvision by itself, torchmetrics for one.

    Returns
    -------
    module
        torchvision, with `models` loaded.

    Examples
    --------
    >>> import_torchvision().models.resnet18(weights=None).fc.out_features
    1000
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    _declare_operators()
    return importlib.import_module("torchvision")


@lru_cache
def _declare_operators() -> torch.library.Library:
    # Cached for its lifetime: the operators vanish with the library object.
    library = torch.library.Library("torchvision", "DEF")
    for operator in _OPERATORS:
        library.define(operator)
    return library
