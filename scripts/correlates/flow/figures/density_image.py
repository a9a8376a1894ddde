"""Two-dimensional density of events as a small palette PNG, with numpy and zlib only.

A pixel that holds an event is coloured by the density around it, an empty one is left clear, so a
single event is a visible dot and an outlier is never smoothed away.
"""

import base64
import struct
import zlib

import numpy as np

# Anchors of the viridis colour map (perceptually uniform, safe for the common colour deficiencies).
_VIRIDIS = (
    (68, 1, 84),
    (71, 45, 123),
    (59, 82, 139),
    (44, 114, 142),
    (33, 145, 140),
    (40, 174, 128),
    (94, 201, 98),
    (173, 220, 48),
    (253, 231, 37),
)
LEVELS = 24

# Binomial weights: a Gaussian of 1.2 pixels, exact in integers.
_KERNEL = np.array([1, 6, 15, 20, 15, 6, 1]) / 64


def density_levels(counts: np.ndarray) -> np.ndarray:
    """Turn event counts into colour levels.

    Parameters
    ----------
    counts
        Events per pixel, shape (rows, columns).

    Returns
    -------
    Levels of the same shape, uint8: 0 where there is no event, else 1 to ``LEVELS`` on the square
    root of the smoothed density, the densest pixel at ``LEVELS`` (unless events are scattered).
    """
    if not counts.any():
        return np.zeros(counts.shape, np.uint8)
    smooth = smoothed(smoothed(counts.astype(float)).T).T
    # one event in an empty surrounding is the lowest level there is
    lowest = float(_KERNEL.max() ** 2)
    height = np.sqrt(np.maximum(smooth - lowest, 0.0))
    # scattered events are not a peak: full colour takes one event a pixel or more
    top = max(1.0, float(height[counts > 0].max()))
    levels = 1 + np.minimum((height / top * LEVELS).astype(np.uint8), LEVELS - 1)
    return np.where(counts > 0, levels, 0).astype(np.uint8)


def smoothed(counts: np.ndarray) -> np.ndarray:
    """Smooth along the last axis with a short binomial kernel; nothing leaks over the ends."""
    half = len(_KERNEL) // 2
    width = counts.shape[-1]
    padded = np.zeros((*counts.shape[:-1], width + 2 * half))
    padded[..., half : half + width] = counts
    return sum(weight * padded[..., i : i + width] for i, weight in enumerate(_KERNEL))


def palette() -> np.ndarray:
    """Return the colours of the levels, shape (LEVELS + 1, 3), uint8; level 0 is white."""
    anchors = np.array(_VIRIDIS, float)
    places = np.linspace(0, len(anchors) - 1, LEVELS)
    colours = [np.interp(places, np.arange(len(anchors)), anchors[:, i]) for i in range(3)]
    return np.vstack([[255, 255, 255], np.column_stack(colours).round()]).astype(np.uint8)


def png(levels: np.ndarray) -> bytes:
    """Encode levels as an 8-bit palette PNG whose level 0 is transparent.

    Source: PNG (Portable Network Graphics) Specification, third edition, W3C.
    """
    rows, columns = levels.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    lines = np.zeros((rows, columns + 1), np.uint8)  # each line starts with filter type 0
    lines[:, 1:] = levels
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", palette().tobytes()),
            _chunk(b"tRNS", b"\x00"),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), 7)),
            _chunk(b"IEND", b""),
        ]
    )


def data_uri(levels: np.ndarray) -> str:
    """Return the PNG of levels as a ``data:`` address."""
    return "data:image/png;base64," + base64.b64encode(png(levels)).decode("ascii")


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)
