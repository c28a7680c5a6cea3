import hashlib
import io
import os

import pytest
import torch

from mcnn.training import checkpoint
from mcnn.training.checkpoint import load_checkpoint, save_checkpoint


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    state = {"network": {"w": torch.arange(3.0)}, "history": [(0, 1.5, 0.1, float("nan"))]}
    save_checkpoint(tmp_path / "c.pt", {"network": {}}, "mark")
    save_checkpoint(tmp_path / "c.pt", state, "mark")
    loaded = load_checkpoint(tmp_path / "c.pt", "mark")
    assert loaded.keys() == state.keys()
    assert torch.equal(loaded["network"]["w"], state["network"]["w"])
    assert loaded["history"][0][:3] == (0, 1.5, 0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"x": 1}, "mark")

    def half(content, file):
        file.write(b"PK\x03\x04 half")
        file.flush()
        # As a kill without any cleaning up would leave it.
        assert load_checkpoint(path, "mark") == {"x": 1}
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, {"x": 2}, "mark")
    assert load_checkpoint(path, "mark") == {"x": 1}


def test_a_checkpoint_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    synced = []

    def fsync(file):
        synced.append((path.exists(), os.fstat(file).st_size))

    monkeypatch.setattr(checkpoint.os, "fsync", fsync)
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"x": 1}, "mark")
    assert synced == [(False, path.stat().st_size)]


def test_a_checkpoint_of_another_training_is_refused(tmp_path, caplog):
    save_checkpoint(tmp_path / "c.pt", {"x": 1}, "mark")
    assert load_checkpoint(tmp_path / "c.pt", "another") is None
    assert "other code, settings or data" in caplog.text


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 broken", bytes(64)])
def test_a_damaged_checkpoint_is_refused(tmp_path, caplog, content):
    (tmp_path / "c.pt").write_bytes(content)
    assert load_checkpoint(tmp_path / "c.pt", "mark") is None
    assert "damaged" in caplog.text


def test_no_bit_of_a_checkpoint_can_flip(tmp_path, caplog):
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"w": torch.zeros(3)}, "mark")
    whole = path.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        assert load_checkpoint(path, "mark") is None
    path.write_bytes(whole)
    assert load_checkpoint(path, "mark")["w"].tolist() == [0, 0, 0]


def write_content(path, content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.write_bytes(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path, caplog):
    write_content(tmp_path / "c.pt", {"fingerprint": "mark", "state": {"x": 1}})
    assert load_checkpoint(tmp_path / "c.pt", "mark") == {"x": 1}
    write_content(tmp_path / "c.pt", {"fingerprint": "mark", "state": Code()})
    assert load_checkpoint(tmp_path / "c.pt", "mark") is None
    assert "no checkpoint" in caplog.text


def test_a_folder_in_its_place_is_no_checkpoint(tmp_path, caplog):
    (tmp_path / "c.pt").mkdir()
    assert load_checkpoint(tmp_path / "c.pt", "mark") is None
    assert "cannot be read" in caplog.text


class Code:
    def __reduce__(self):
        return print, ("code",)


def test_no_checkpoint_is_no_state(tmp_path):
    assert load_checkpoint(tmp_path / "c.pt", "mark") is None
