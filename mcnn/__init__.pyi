from .colocalization.shot import localize_shot as localize_shot
from .config.colocalization import Colocalization as Colocalization
from .config.labels import Labels as Labels
from .config.motion import MotionSegmentation as MotionSegmentation
from .config.resolve import load_settings as load_settings
from .errors import ConfigError as ConfigError
from .errors import DataError as DataError
from .labels.cut import alpha_expansion as alpha_expansion
from .labels.grid_cut import GridCut as GridCut
from .labels.minimisation import EnergyMinimisation as EnergyMinimisation
from .labels.shot import label_shot as label_shot
from .motion.segment import segment_shot as segment_shot
from .networks.scores import predict_labels as predict_labels
from .networks.scores import predict_probabilities as predict_probabilities
from .networks.weights import load_network as load_network
from .prediction.model import SegmentationModel as SegmentationModel
from .prediction.model import load as load

__version__: str
