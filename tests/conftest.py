"""Makes the helpers beside this file importable: ``from trees import ...``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
