"""MATLAB files, v5 and v7.3 alike.

They come from elsewhere: what a file declares is checked before it is read, and v7.3 files, which
are HDF5, must hold their data themselves.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mcnn.datasets.mat_v5 import MOST_BYTES, MOST_CELLS, text_of, variable
from mcnn.errors import UNPACK, DataError


def read_matrix(path: str | Path, name: str) -> np.ndarray:
    """Read a numeric matrix in MATLAB's own orientation.

    Parameters
    ----------
    path
        A .mat file, v5 or v7.3.
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
                return _array(_member(file, name))
        with variable(path, name) as (reader, head):
            return reader.array(head)
    # Broken HDF5 files raise about everything there is, from KeyError to RuntimeError.
    except Exception as error:
        raise _broken(path, name, error) from error


def read_cells(path: str | Path, name: str) -> Iterator[np.ndarray]:
    """Read the matrices of a cell array one after the other.

    Parameters
    ----------
    path
        A .mat file, v5 or v7.3; only one cell at a time is in memory.
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
            with variable(path, name) as (reader, head):
                yield from reader.cells(head)
            return
        with h5py.File(path) as file:
            for reference in _references(_member(file, name)):
                yield _array(file[reference])
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
                group = _member(file, name)
                fields = [_references(_member(group, field)) for field in group]
                # MATLAB stores characters as integers; h5py lists fields by their names.
                texts, matrices = sorted(fields, key=lambda field: file[field[0]].dtype.kind == "f")
                for text, matrix in zip(texts, matrices, strict=True):
                    yield text_of(_array(file[text]).ravel()), _array(file[matrix])
            return
        with variable(path, name) as (reader, head):
            for text, matrix in reader.records(head):
                yield str(text), matrix
    except Exception as error:
        raise _broken(path, name, error) from error


def _member(group: Any, name: str) -> Any:
    """What a group holds by a name, in this very file."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ValueError("it is a link, perhaps to another file")
    return group[name]


def _array(dataset: Any) -> np.ndarray:
    """Numbers of a dataset. HDF5 stores the axes of a MATLAB array in reverse."""
    if _checked(dataset).dtype.kind not in "biuf":
        raise ValueError(f"it holds {dataset.dtype}, not numbers")
    return np.asarray(dataset).T


def _references(dataset: Any) -> np.ndarray:
    if _checked(dataset).dtype != h5py.ref_dtype or dataset.size > MOST_CELLS:
        raise ValueError(f"it is no cell array of at most {MOST_CELLS} elements")
    return np.asarray(dataset).ravel()


def _checked(dataset: Any) -> Any:
    """A dataset whose data are in the file, and not too many."""
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError("it is no array")
    if dataset.external or dataset.is_virtual:
        raise ValueError("its data are in another file")
    for shape in (dataset.shape or (), dataset.chunks or ()):
        if math.prod(shape) * dataset.dtype.itemsize > MOST_BYTES:
            raise ValueError(f"it declares the shape {shape}, more than {MOST_BYTES} bytes")
    return dataset


def _existing(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise DataError(path, "the file is missing", UNPACK)
    return Path(path)


def _broken(path: Path, name: str, error: Exception) -> DataError:
    return DataError(
        path, f"no MATLAB variable {name!r} can be read from it ({error or type(error)})", UNPACK
    )
