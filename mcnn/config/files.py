"""The configuration as the workflow reads it: YAML files on top of one another."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from mcnn.config.resolve import load_settings
from mcnn.config.settings import Settings
from mcnn.config.structure import check_structure
from mcnn.errors import ConfigError

BASE = Path("config.yaml")
"""The configuration that the Snakefile starts from, in the working folder."""


def read_settings(files: Iterable[Path]) -> Settings:
    """Check the configuration that `snakemake --configfile FILES` runs with.

    Parameters
    ----------
    files
        Later ones lie on top of earlier ones, all of them on `BASE`, where that is there.

    Raises
    ------
    ConfigError
        If a file is missing or no YAML, or a setting is wrong.
    """
    files = list(files)
    config: dict[str, Any] = {}
    for file in [BASE, *files] if BASE.exists() or not files else files:
        merge(config, _read(file))
    return load_settings(config)


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        check_structure(content)
    except OSError as error:
        problem = f"{file}: the file cannot be read ({error.strerror})"
        raise ConfigError(f"{problem}. Remedy: give --configfile its path.") from None
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
    except RecursionError:
        raise ConfigError(f"{file}: it is nested too deeply. Remedy: correct it.") from None
    # Numbers and dates that Python lacks are ValueErrors.
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        problem = f"{file}: it is not valid YAML ({' '.join(str(error).split())})"
        raise ConfigError(f"{problem}. Remedy: correct it.") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: it holds no settings. Remedy: write `key: value` lines.")
    return content


def merge(base: dict[str, Any], changes: dict[str, Any]) -> None:
    """Merge nested dictionaries in place, as Snakemake does with several files."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
