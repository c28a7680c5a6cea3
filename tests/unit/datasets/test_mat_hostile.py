"""MATLAB files that declare what they do not hold, or lead out of themselves."""

import struct
import tracemalloc
import zlib

import h5py
import numpy as np
import pytest
import scipy.io
from trees import save_mat

from mcnn.datasets.mat import read_cells, read_matrix, read_named
from mcnn.datasets.mat_v5 import MOST_BYTES, MOST_CELLS
from mcnn.errors import DataError

HEADER = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
SECRET = np.arange(6.0)


def element(kind, content):
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(kind, shape, content, name=b"a"):
    flags = element(6, struct.pack("<II", kind, 0))
    shape = element(5, struct.pack(f"<{len(shape)}i", *shape))
    return flags + shape + element(1, name) + content


def write(path, content, packed=False):
    element_of_file = struct.pack("<II", 14, len(content)) + content
    if packed:
        packed_content = zlib.compress(element_of_file)
        element_of_file = struct.pack("<II", 15, len(packed_content)) + packed_content
    path.write_bytes(HEADER + element_of_file)
    return path


DAMAGED = {
    "more than it holds": matrix(6, (2**15, 2**15), element(9, bytes(64))),
    "negative": matrix(6, (-1, -1), element(9, bytes(8))),
    "no shape": matrix(6, (), element(9, bytes(8))),
    "a length past the end": matrix(6, (1, 1), struct.pack("<II", 9, 2**32 - 8) + bytes(8)),
    "a part of a number": matrix(6, (1, 1), element(9, bytes(5))),
    "an unknown type": matrix(6, (1, 1), element(99, bytes(8))),
    "cells that are none": matrix(1, (1, 1), element(9, bytes(8))),
    "more cells than it holds": matrix(1, (1, 1000), element(14, b"") * 10),
    "too many cells": matrix(1, (1, MOST_CELLS + 1), b""),
    "cells in cells": matrix(1, (1, 1), element(14, matrix(1, (1, 1), element(14, b"")))),
    "sparse": matrix(5, (2, 2), element(5, bytes(8)) + element(5, bytes(8))),
    "fields without names": matrix(2, (1, 1), element(5, struct.pack("<i", 0)) + element(1, b"")),
    "nothing": b"",
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("damage", DAMAGED)
def test_what_v5_files_declare_is_checked(tmp_path, damage, packed):
    path = write(tmp_path / "a.mat", DAMAGED[damage], packed)
    for read in (read_matrix, read_cells, read_named):
        with pytest.raises(DataError, match=r"a\.mat: no MATLAB variable 'a'.*Remedy"):
            list(read(path, "a"))


def test_every_byte_of_a_v5_file_may_be_damaged(tmp_path):
    """scipy's reader of these files ended in a segmentation fault, or never."""
    data = save_mat(tmp_path / "a.mat", "a", [np.eye(3), np.ones((2, 2), np.uint8)], False)
    whole = data.read_bytes()
    for position in range(116, len(whole)):
        for value in (0x00, 0xFF):
            data.write_bytes(whole[:position] + bytes([value]) + whole[position + 1 :])
            try:
                found = list(read_cells(data, "a"))
            except DataError:
                continue
            assert sum(cell.nbytes for cell in found) < len(whole)


def test_a_packed_bomb_is_not_unpacked(tmp_path):
    content = matrix(6, (1, MOST_BYTES), struct.pack("<II", 2, MOST_BYTES + 8))
    path = write(tmp_path / "a.mat", content + bytes(2**22), packed=True)
    tracemalloc.start()
    with pytest.raises(DataError, match=f"more than {MOST_BYTES}"):
        read_matrix(path, "a")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_cells_of_v5_are_unpacked_one_by_one(tmp_path):
    cells = [np.zeros((1000, 1000)) for _ in range(20)]
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"a": np.array([*cells, None], object)[:-1]}, do_compression=True)
    tracemalloc.start()
    assert sum(cell.size for cell in read_cells(path, "a")) == 20_000_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * cells[0].nbytes


@pytest.mark.parametrize("packed", [False, True])
def test_other_variables_and_byte_orders_are_no_trouble(tmp_path, packed):
    path = tmp_path / "a.mat"
    variables = {"before": "text", "a": np.arange(6.0).reshape(2, 3), "after": np.eye(2) * 1j}
    scipy.io.savemat(path, variables, do_compression=packed)
    np.testing.assert_array_equal(read_matrix(path, "a"), variables["a"])
    with pytest.raises(DataError, match="complex"):
        read_matrix(path, "after")


def test_big_endian_files_are_read(tmp_path):
    content = struct.pack(">IIII", 6, 8, 6, 0) + struct.pack(">IIii", 5, 8, 1, 2)
    content += struct.pack(">HHc3x", 1, 1, b"a") + struct.pack(">IIHH", 4, 4, 3, 5) + bytes(4)
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI"
    path = tmp_path / "a.mat"
    path.write_bytes(header + struct.pack(">II", 14, len(content)) + content)
    assert read_matrix(path, "a").tolist() == [[3, 5]]


def external(path, secret):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (6,), "f8", external=[(str(secret), 0, 48)])


def external_link(path, secret):
    with h5py.File(secret.with_suffix(".h5"), "w") as file:
        file["a"] = SECRET
    with h5py.File(path, "w") as file:
        file["a"] = h5py.ExternalLink(str(secret.with_suffix(".h5")), "a")


def virtual(path, secret):
    with h5py.File(secret.with_suffix(".h5"), "w") as file:
        file["a"] = SECRET
    layout = h5py.VirtualLayout((6,), "f8")
    layout[:] = h5py.VirtualSource(str(secret.with_suffix(".h5")), "a", (6,))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("a", layout)


def of_cells(path, secret):
    with h5py.File(path, "w") as file:
        cell = file.create_dataset("#refs#/a", (6,), "f8", external=[(str(secret), 0, 48)])
        file["a"] = np.array([cell.ref], h5py.ref_dtype)


def huge(path, secret):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (2**20, 2**12), "f8", chunks=(64, 64), compression="gzip")


def huge_chunks(path, secret):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (1, 1), "f8", chunks=(1, 2**26), maxshape=(None, None))


@pytest.mark.parametrize("build", [external, external_link, virtual, of_cells, huge, huge_chunks])
def test_v73_files_hold_their_data_themselves(tmp_path, build):
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET.tobytes())
    path = tmp_path / "a.mat"
    build(path, secret)
    for read in (read_matrix, read_cells):
        with pytest.raises(DataError, match=r"a\.mat: no MATLAB variable 'a'.*Remedy"):
            list(read(path, "a"))


def test_v73_structures_hold_their_data_themselves(tmp_path):
    path = tmp_path / "a.mat"
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = SECRET
    with h5py.File(path, "w") as file:
        file.create_group("a")
        for name in ("boxes", "im"):
            file["a"][name] = h5py.ExternalLink(str(secret), "x")
    with pytest.raises(DataError, match="a link, perhaps to another file"):
        list(read_named(path, "a"))
