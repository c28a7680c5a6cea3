"""Libraries that only the export needs."""

import importlib
from types import ModuleType

from mcnn.errors import DataError


def import_extra(name: str) -> ModuleType:
    """Import a module of the extra `export`.

    Raises
    ------
    DataError
        If it is not installed; the remedy names the extra.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        if error.name not in (name, package):
            raise
        remedy = "pip install 'mcnn-segmentation[export]'"
        raise DataError(package, "it is not installed", remedy) from error
