"""From settings to a network."""

from collections.abc import Callable

from mcnn.config.network import Network
from mcnn.networks.backbones import ResNet, SqueezeNet
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.deeplab import DeepLab
from mcnn.networks.shallow import Shallow

__all__ = ["ARCHITECTURES", "SegmentationNetwork", "build_network"]

ARCHITECTURES: dict[str, Callable[[Network, int], SegmentationNetwork]] = {
    "deeplab_large_fov": DeepLab,
    "deeplab_small_fov": DeepLab,
    "shallow": Shallow,
    "squeezenet1_1": SqueezeNet,
    "resnet18": ResNet,
    "resnet50": ResNet,
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

    Examples
    --------
    >>> network = build_network(Network(architecture="shallow"), n_labels=11)
    >>> network.output_stride
    4
    """
    return ARCHITECTURES[settings.architecture](settings, n_labels)
