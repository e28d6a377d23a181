"""Pixels as PNG files."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

GREY, COLOUR, TRANSPARENT = 0, 2, 6


def png(pixels: np.ndarray) -> bytes:
    """A PNG file of grey (h, w), coloured (h, w, 3) or also transparent (h, w, 4) pixels, from 0 to 255."""
    pixels = np.ascontiguousarray(pixels, dtype=np.uint8)
    kind = GREY if pixels.ndim == 2 else {3: COLOUR, 4: TRANSPARENT}[pixels.shape[2]]
    height, width = pixels.shape[:2]
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    body = zlib.compress(lines.tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def uri(pixels: np.ndarray) -> str:
    """The PNG file inside an address."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode("ascii")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
