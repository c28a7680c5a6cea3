"""From settings to a network."""

from collections.abc import Callable

from mcnn.config.network import Network
from mcnn.networks.backbones import MobileNetV2, SqueezeNet
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.deeplab import DeepLab
from mcnn.networks.shallow import Shallow
from mcnn.networks.timm import PREFIX, Timm

__all__ = ["ARCHITECTURES", "SegmentationNetwork", "build_network"]

ARCHITECTURES: dict[str, Callable[[Network, int], SegmentationNetwork]] = {
    "deeplab_large_fov": DeepLab,
    "deeplab_small_fov": DeepLab,
    "shallow": Shallow,
    "squeezenet1_1": SqueezeNet,
    "mobilenet_v2": MobileNetV2,
}


def build_network(settings: Network, n_labels: int) -> SegmentationNetwork:
    """Randomly initialised network; `mcnn.networks.weights` loads weights into it.

    Parameters
    ----------
    settings
        Section `network` of the configuration.
    n_labels
        Number of classes plus one for the background.

    Returns
    -------
    network
        On the CPU, in training mode. The weights are drawn from torch's global generator.

    Raises
    ------
    ConfigError
        If the architecture is a model that timm lacks, or one for images of one size.

    Examples
    --------
    >>> network = build_network(Network(architecture="shallow"), n_labels=11)
    >>> network.output_stride
    4
    """
    if settings.architecture.startswith(PREFIX):
        return Timm(settings, n_labels)
    return ARCHITECTURES[settings.architecture](settings, n_labels)
