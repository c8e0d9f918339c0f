"""A canvas of braille dots: two by four in each cell, one layer a cell, the last one drawn on top."""

from __future__ import annotations

import math

_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_FULL_HALF = (0x47, 0xB8)
_STEEP = 2  # dots from one column to the next


class Canvas:
    """Cells of `width` × `height`; dots are counted from the upper left, twice and four times as many.

    Each cell belongs to the layer that drew on it last: a bright line stays a line on its dim band.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._bits = [bytearray(width) for _ in range(height)]
        self._layers = [bytearray(width) for _ in range(height)]

    def dot(self, x: int, y: int, layer: int) -> None:
        """Set one dot; outside of the canvas it is ignored. Layers are numbered from 1."""
        if 0 <= x < 2 * self.width and 0 <= y < 4 * self.height:
            self._set(x >> 1, y >> 2, _BITS[x & 1][y & 3], layer)

    def vertical(self, x: int, y1: int, y2: int, layer: int) -> None:
        """Set the dots from one row to another in a column of dots."""
        top, bottom = max(0, min(y1, y2)), min(4 * self.height - 1, max(y1, y2))
        if not 0 <= x < 2 * self.width:
            return
        y = top
        while y <= bottom:
            if y & 3 == 0 and y + 3 <= bottom:
                self._set(x >> 1, y >> 2, _FULL_HALF[x & 1], layer)
                y += 4
            else:
                self._set(x >> 1, y >> 2, _BITS[x & 1][y & 3], layer)
                y += 1

    def line(
        self, start: tuple[int, int], end: tuple[int, int], layer: int, *, on: int = 1, off: int = 0
    ) -> None:
        """Set the dots of a line from left to right, its last column included.

        Args:
            start: Its first dot.
            end: Its last dot; not left of the first.
            layer: Whose it is.
            on: How many columns of dots a dash has.
            off: How many columns are left out after each dash; none where the line is steep, so that it stays one.
        """
        (x1, y1), (x2, y2) = start, end
        if x1 == x2:
            self.vertical(x1, y1, y2, layer)
            return
        before = y1
        for x in range(x1, x2 + 1):
            y = y1 + math.floor((y2 - y1) * (x - x1) / (x2 - x1) + 0.5)
            if x % (on + off) < on or abs(y - before) > _STEEP:
                # From its neighbour's height to its own, so that steep lines have no holes.
                joined = before if y == before else before + (1 if y > before else -1)
                self.vertical(x, joined, y, layer)
            before = y

    def cells(self, y: int) -> list[tuple[str, int]]:
        """The cells of a row: the character and the layer that owns it; a blank of layer 0 where nothing is."""
        return [
            (chr(0x2800 + bits), layer) if bits else (" ", 0)
            for bits, layer in zip(self._bits[y], self._layers[y], strict=True)
        ]

    def layers(self, y: int) -> set[int]:
        """The layers that own cells of a row; 0 where nothing is."""
        return set(self._layers[y])

    def _set(self, column: int, row: int, bits: int, layer: int) -> None:
        layers = self._layers[row]
        if layers[column] == layer:
            self._bits[row][column] |= bits
        else:
            layers[column] = layer
            self._bits[row][column] = bits
