"""The one place that imports timm."""

import difflib
import importlib
from functools import lru_cache
from types import ModuleType
from typing import Any

from mcnn.errors import ConfigError


@lru_cache
def import_timm() -> ModuleType:
    """Import timm, which imports torchvision.

    Returns
    -------
    module
        timm, with its models registered.

    Examples
    --------
    >>> import_timm().is_model("resnet18")
    True
    """
    from mcnn._torchvision import import_torchvision  # torch: seconds, which few need.

    import_torchvision()
    return importlib.import_module("timm")


def pretrained_settings(name: str) -> dict[str, Any]:
    """What timm says of the pretrained weights of a model: ``mean`` and ``std``, for example.

    Parameters
    ----------
    name
        A model of timm's, with or without the tag of its weights.

    Raises
    ------
    ConfigError
        If timm has no such model or no such tag.

    Examples
    --------
    >>> pretrained_settings("resnet18")["mean"]
    (0.485, 0.456, 0.406)
    """
    timm = import_timm()
    known = timm.list_models(include_tags=True)
    if not timm.is_model(name):
        known = timm.list_models()
    elif "." not in name or name in known:
        return dict(timm.get_pretrained_cfg(name, allow_unregistered=False).to_dict())
    close = difflib.get_close_matches(name, known, n=3, cutoff=0)
    raise ConfigError(
        f"network.architecture: got 'timm:{name}', expected a model of timm {timm.__version__}, "
        f"for example {', '.join(f'timm:{other}' for other in close)}"
    )
