"""MATLAB files, v5 and v7.3 alike."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io

from mcnn.errors import UNPACK, DataError


def read_matrix(path: str | Path, name: str) -> np.ndarray:
    """Read a numeric matrix in MATLAB's own orientation.

    Parameters
    ----------
    path
        A .mat file, v5 (or older) or v7.3.
    name
        The variable.

    Returns
    -------
    ndarray
        Of the shape that MATLAB shows.

    Raises
    ------
    DataError
        If the file is missing or broken, or holds no such matrix.
    """
    path = _existing(path)
    try:
        if h5py.is_hdf5(path):
            with h5py.File(path) as file:
                # HDF5 stores the axes of a MATLAB array in reverse.
                return np.asarray(file[name]).T
        return np.asarray(_load_v5(path, name))
    # Broken MATLAB files raise about everything there is, from KeyError to zlib.error.
    except Exception as error:
        raise _broken(path, name, error) from error


def read_cells(path: str | Path, name: str) -> Iterator[np.ndarray]:
    """Read the matrices of a cell array one after the other.

    Parameters
    ----------
    path
        A .mat file, v5 or v7.3. Of the latter, only one cell at a time is in memory.
    name
        The variable, a 1 x N or N x 1 cell array.

    Yields
    ------
    ndarray
        The cells, each of the shape that MATLAB shows.

    Raises
    ------
    DataError
        If the file is missing or broken, or holds no such cell array.
    """
    path = _existing(path)
    try:
        if not h5py.is_hdf5(path):
            yield from (np.asarray(cell) for cell in _load_v5(path, name).ravel(order="F"))
            return
        with h5py.File(path) as file:
            for reference in np.asarray(file[name]).ravel():
                yield np.asarray(file[reference]).T
    except Exception as error:
        raise _broken(path, name, error) from error


def read_named(path: str | Path, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """Read a structure array whose elements are a text and a matrix.

    Parameters
    ----------
    path
        A .mat file, v5 or v7.3.
    name
        The variable, 1 x N with two fields of any names.

    Yields
    ------
    text, matrix
        Of each element.

    Raises
    ------
    DataError
        If the file is missing or broken, or holds nothing of the kind.
    """
    path = _existing(path)
    try:
        if h5py.is_hdf5(path):
            with h5py.File(path) as file:
                fields = [np.asarray(field).ravel() for field in file[name].values()]
                # MATLAB stores characters as integers; h5py lists fields by their names.
                texts, matrices = sorted(fields, key=lambda field: file[field[0]].dtype.kind == "f")
                for text, matrix in zip(texts, matrices, strict=True):
                    yield "".join(map(chr, np.ravel(file[text]))), np.asarray(file[matrix]).T
            return
        for text, matrix in _load_v5(path, name).ravel():
            yield str(np.ravel(text)[0]), np.asarray(matrix)
    except Exception as error:
        raise _broken(path, name, error) from error


def _load_v5(path: Path, name: str) -> Any:
    return scipy.io.loadmat(str(path), variable_names=[name])[name]


def _existing(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise DataError(path, "the file is missing", UNPACK)
    return Path(path)


def _broken(path: Path, name: str, error: Exception) -> DataError:
    return DataError(
        path, f"no MATLAB variable {name!r} can be read from it ({error or type(error)})", UNPACK
    )
