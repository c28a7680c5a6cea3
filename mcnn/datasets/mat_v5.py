"""MATLAB files of version 5, read with every length checked.

scipy's reader of them crashes and hangs on damaged files. This one knows what the datasets hold:
numbers, characters, cells and structures. The format is that of MathWorks' "MAT-File Format".
"""

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

import numpy as np

Order = Literal["<", ">"]

MOST_BYTES = 2**28
"""Of an array, unpacked: twice the optical flow of a 4K frame in double precision."""

MOST_CELLS = 2**17
"""Of a cell array: an hour of frames."""

_HEADER, _WORD, _CHUNK = 128, 8, 2**16
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {
    **{1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"},
    **{16: "u1", 17: "u2", 18: "u4"},
}
_CELL, _STRUCT, _CHAR, _OPAQUE = 1, 2, 4, 17
_NUMERIC = range(6, 16)
_COMPLEX = 0x0800
_ENCODINGS = {1: "utf-8", 2: "utf-16-le", 4: "utf-32-le"}


class Head(NamedTuple):
    """Class, flags, shape and name of an array."""

    kind: int
    flags: int
    shape: tuple[int, ...]
    name: str

    @property
    def size(self) -> int:
        """Number of its elements."""
        return math.prod(self.shape)


class Reader:
    """Reads arrays one after the other; of the file, no more than what is asked for is held.

    Parameters
    ----------
    file
        Where it stands, an element's content begins.
    length
        Of the content, in bytes.
    order
        Of the bytes of numbers, ``<`` or ``>``.
    packed
        Whether the content is compressed.
    """

    def __init__(self, file: BinaryIO, length: int, order: Order, packed: bool) -> None:
        self._file, self._left, self._order = file, length, order
        self._unpack = zlib.decompressobj() if packed else None

    def head(self) -> Head:
        """The first three elements of an array."""
        flags = self._integers("array flags")
        if flags.size != 2:
            raise ValueError("an array has no flags")
        kind = int(flags[0]) & 0xFF
        if kind == _OPAQUE:
            return Head(kind, 0, (), "")
        shape = tuple(self._integers("shape").tolist())
        if len(shape) < 2 or min(shape) < 0:
            raise ValueError(f"an array has the shape {shape}")
        return Head(kind, int(flags[0]), shape, text_of(self._integers("name")))

    def nested(self) -> Head | None:
        """Head of an array in an array; None of an empty one."""
        kind, length, small = self._tag()
        if kind != _MATRIX or small is not None:
            raise ValueError(f"an element is of type {kind}, no array")
        return self.head() if length else None

    def array(self, head: Head | None) -> np.ndarray:
        """The rest of an array of numbers or of characters; the latter are one text."""
        if head is None:
            return np.empty((0, 0))
        if (head.kind != _CHAR and head.kind not in _NUMERIC) or head.flags & _COMPLEX:
            raise ValueError(f"an array is of class {head.kind} or complex, not of real numbers")
        values = self._numbers("an array")
        if head.kind == _CHAR:
            return np.array(text_of(values))
        if values.size != head.size:
            raise ValueError(f"an array of shape {head.shape} has {values.size} values")
        native = values.astype(values.dtype.newbyteorder("="), copy=False)
        return native.reshape(head.shape, order="F")

    def cells(self, head: Head) -> Iterator[np.ndarray]:
        """The rest of a cell array of such arrays."""
        _expect(head, _CELL, "a cell array")
        for _ in range(head.size):
            yield self.array(self.nested())

    def records(self, head: Head) -> Iterator[list[np.ndarray]]:
        """The rest of a structure array: the fields of each element."""
        _expect(head, _STRUCT, "a structure array")
        longest, names = self._integers("length of names"), self._integers("names of fields")
        if longest.size != 1 or longest[0] < 1 or names.size % longest[0]:
            raise ValueError("the names of the fields are damaged")
        fields = names.size // int(longest[0])
        if fields > _WORD:
            raise ValueError(f"a structure has {fields} fields")
        for _ in range(head.size):
            yield [self.array(self.nested()) for _ in range(fields)]

    def _integers(self, what: str) -> np.ndarray:
        found = self._numbers(what)
        if found.dtype.kind not in "iu" or found.size > _CHUNK:
            raise ValueError(f"{what} is damaged")
        return found

    def _numbers(self, what: str) -> np.ndarray:
        kind, length, small = self._tag()
        if kind not in _TYPES:
            raise ValueError(f"{what} is of type {kind}, which is none of numbers")
        if length > MOST_BYTES:
            raise ValueError(f"{what} has {length} bytes, more than {MOST_BYTES}")
        dtype = np.dtype(_TYPES[kind]).newbyteorder(self._order)
        if length % dtype.itemsize:
            raise ValueError(f"{what} has {length} bytes, a part of a number")
        if small is not None:
            return np.frombuffer(small[:length], dtype)
        data = self._read(length)
        self._take(-length % _WORD)
        return np.frombuffer(data, dtype)

    def _tag(self) -> tuple[int, int, bytes | bytearray | None]:
        """Type and length of an element, and its content where that is in the tag."""
        tag = self._read(_WORD)
        kind, length = struct.unpack(f"{self._order}II", tag)
        if not kind >> 16:
            return kind, length, None
        if kind >> 16 > 4:
            raise ValueError("a small element is too long")
        return kind & 0xFFFF, kind >> 16, tag[4:]

    def _read(self, length: int) -> bytes | bytearray:
        data = self._take(length)
        if len(data) != length:
            raise ValueError("it ends too early")
        return data

    def _take(self, length: int) -> bytes | bytearray:
        """So many bytes, or those that are left."""
        if self._unpack is None:
            return self._raw(length)
        found = bytearray()
        while len(found) < length and not self._unpack.eof:
            packed = self._unpack.unconsumed_tail or self._raw(_CHUNK)
            part = self._unpack.decompress(packed, length - len(found))
            if not packed and not part:
                break
            found += part
        return found

    def _raw(self, length: int) -> bytes:
        data = self._file.read(min(length, self._left))
        self._left -= len(data)
        return data


@contextmanager
def variable(path: Path, name: str) -> Iterator[tuple[Reader, Head]]:
    """A variable of a file: a reader that stands behind its head, and the head.

    Raises
    ------
    ValueError
        If the file is no MATLAB file of version 5, is damaged, or has no such variable.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER)
        orders: dict[bytes, Order] = {b"IM": "<", b"MI": ">"}
        order = orders.get(header[126:])
        if order is None:
            raise ValueError("it is no MATLAB file of version 5 or 7.3")
        while tag := file.read(_WORD):
            if len(tag) < _WORD:
                raise ValueError("it ends too early")
            kind, length = struct.unpack(f"{order}II", tag)
            end = file.tell() + length
            if kind not in (_MATRIX, _COMPRESSED):
                raise ValueError(f"an element is of type {kind}, no array")
            reader = Reader(file, length, order, kind == _COMPRESSED)
            head = reader.nested() if kind == _COMPRESSED else reader.head()
            if head is not None and head.name == name:
                yield reader, head
                return
            file.seek(end)
    raise ValueError("there is no such variable")


def text_of(characters: np.ndarray) -> str:
    """The text whose codes are integers of a size; what is none becomes a replacement character."""
    encoding = _ENCODINGS.get(characters.dtype.itemsize)
    if encoding is None or characters.dtype.kind not in "iu":
        raise ValueError("a text is damaged")
    little = characters.astype(characters.dtype.newbyteorder("<"), copy=False)
    return little.tobytes().decode(encoding, "replace")


def _expect(head: Head, kind: int, what: str) -> None:
    if head.kind != kind:
        raise ValueError(f"it is of class {head.kind}, not {what}")
    if head.size > MOST_CELLS:
        raise ValueError(f"it has {head.size} elements, more than {MOST_CELLS}")
