import numpy as np
import pytest
from trees import save_mat

from mcnn.datasets.mat import read_cells, read_matrix
from mcnn.errors import DataError

MATRIX = np.arange(6).reshape(2, 3)
CELLS = [np.arange(6, dtype=np.uint8).reshape(2, 3) + i for i in range(4)]


@pytest.mark.parametrize("v73", [False, True])
def test_matrices_have_matlabs_orientation(tmp_path, v73):
    path = save_mat(tmp_path / "a.mat", "ranges", MATRIX, v73)
    np.testing.assert_array_equal(read_matrix(path, "ranges"), MATRIX)


@pytest.mark.parametrize("v73", [False, True])
def test_cells_come_in_order_and_orientation(tmp_path, v73):
    path = save_mat(tmp_path / "a.mat", "segmentation", CELLS, v73)
    np.testing.assert_array_equal(list(read_cells(path, "segmentation")), CELLS)


@pytest.mark.parametrize("v73", [False, True])
@pytest.mark.parametrize("read", [read_matrix, lambda path, name: list(read_cells(path, name))])
def test_broken_files_are_named(tmp_path, v73, read):
    path = save_mat(tmp_path / "a.mat", "ranges", MATRIX, v73)
    with pytest.raises(DataError, match=r"a\.mat.*'absent'"):
        read(path, "absent")
    data = path.read_bytes()
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(DataError, match=r"a\.mat"):
            read(path, "ranges")
    path.unlink()
    with pytest.raises(DataError, match=r"a\.mat.*missing"):
        read(path, "ranges")
