"""Damage to bytes, drawn from a generator."""

import random
import struct
import zlib
from collections.abc import Callable, Sequence

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]

NUMBERS = (0, 1, 2, 7, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**24, 2**28, 2**30, 2**31 - 1)
NUMBERS += (2**31, 2**32 - 8, 2**32 - 1, 2**48, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
TOKENS = (b"", b"0", b"-1", b"1e999", b"nan", b"9" * 25, b"1" * 400, b"\0", b"\xff\xfe", b'"', b"'")
TOKENS += (
    b"\r",
    b"\n",
    b",",
    b"<",
    b"&",
    b"]]>",
    b"../",
    b"/",
    b"\xc3",
    b"\xed\xa0\x80",
    b"[" * 60,
)
TOKENS += (b"null", b"true", b"{}", b"[]", b"[[[[[", b"{{", b": ", b"- ", b"&a *a", b"x" * 5000)


def flip(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    place = draw.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + data[place + 1 :]


def set_byte(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    place = draw.randrange(len(data))
    value = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
    return data[:place] + bytes([value]) + data[place + 1 :]


def set_number(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Overwrite what may be a length."""
    size = draw.choice((1, 2, 4, 4, 8))
    place = draw.randrange(len(data))
    place -= place % draw.choice((1, size))
    value = draw.choice((*NUMBERS, len(data), draw.getrandbits(8 * size)))
    coded = (value % 2 ** (8 * size)).to_bytes(size, draw.choice(("little", "big")))
    return data[:place] + coded + data[place + size :]


def truncate(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: draw.randrange(len(data))]


def cut_out(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _range(draw, data)
    return data[:start] + data[end:]


def repeat(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _range(draw, data)
    return data[:end] + data[start:end] * draw.choice((1, 2, 50)) + data[end:]


def move(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _range(draw, data)
    place = draw.randrange(len(data))
    return data[:place] + data[start:end] + data[place + end - start :]


def blank(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _range(draw, data)
    return data[:start] + draw.choice((b"\0", b"\xff")) * (end - start) + data[end:]


def insert(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    place = draw.randrange(len(data) + 1)
    return data[:place] + draw.randbytes(draw.choice((1, 2, 4, 8, 64))) + data[place:]


def token(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _range(draw, data, 12)
    return data[:start] + draw.choice(TOKENS) + data[draw.choice((start, end)) :]


def splice(draw: random.Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    other = draw.choice(corpus)
    return data[: draw.randrange(len(data))] + other[draw.randrange(len(other)) :]


MUTATIONS: tuple[Mutation, ...] = (flip, flip, set_byte, set_byte, set_number, set_number)
MUTATIONS += (truncate, cut_out, repeat, move, blank, insert, token, splice)


def mutate(draw: random.Random, corpus: Sequence[bytes]) -> bytes:
    """One of the corpus with one to six injuries."""
    data = draw.choice(corpus)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        if not data:
            break
        data = draw.choice(MUTATIONS)(draw, data, corpus)
    return data[:200_000]


def mutate_png(draw: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Injuries to a chunk of a PNG whose checksum is made good again, or to any bytes."""
    data = draw.choice(corpus)
    if draw.random() < 0.4 or not data.startswith(b"\x89PNG"):
        return mutate(draw, corpus)
    chunks, place = [], 8
    while place + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    victim = draw.randrange(len(chunks))
    kind, content = chunks[victim]
    if kind == b"IDAT" and draw.random() < 0.5:
        content = zlib.compress(mutate(draw, [zlib.decompress(content) or b"\0"]))
    else:
        content = mutate(draw, [content or b"\0"])
    chunks[victim] = kind, content
    if draw.random() < 0.2:
        chunks.insert(draw.randrange(len(chunks)), draw.choice(chunks))
    coded = (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
    return data[:8] + b"".join(coded)


def mutate_mat(draw: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Injuries below the compression of a MATLAB file of version 5, or to any bytes."""
    data = draw.choice(corpus)
    packed = data[128:129] == b"\x0f"
    if draw.random() < 0.4 or not packed:
        return mutate(draw, corpus)
    content = zlib.compress(mutate(draw, [zlib.decompress(data[136:])]))
    return data[:128] + struct.pack("<II", 15, len(content)) + content


def _range(draw: random.Random, data: bytes, most: int = 64) -> tuple[int, int]:
    start = draw.randrange(len(data))
    return start, min(len(data), start + draw.randrange(1, most + 1))
