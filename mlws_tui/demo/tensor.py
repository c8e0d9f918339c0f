"""The little linear algebra that the demo needs: matrices are lists of rows of floats."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from operator import mul

Row = list[float]
Matrix = list[Row]


def zeros(rows: int, columns: int) -> Matrix:
    """A matrix of zeros."""
    return [[0.0] * columns for _ in range(rows)]


def normal(rows: int, columns: int, spread: float, source: random.Random) -> Matrix:
    """A matrix of normally distributed numbers around zero."""
    return [[source.gauss(0.0, spread) for _ in range(columns)] for _ in range(rows)]


def transpose(matrix: Sequence[Sequence[float]]) -> Matrix:
    """Rows become columns."""
    return [list(column) for column in zip(*matrix, strict=True)]


def shape(matrix: Sequence[Sequence[float]]) -> tuple[int, int]:
    """Rows and columns."""
    return len(matrix), len(matrix[0]) if matrix else 0


def matmul(left: Matrix, right: Matrix) -> Matrix:
    """The product of two matrices.

    Raises:
        ValueError: if the columns of the left are not as many as the rows of the right.
    """
    if shape(left)[1] != shape(right)[0]:
        raise ValueError(
            f"matmul: shapes {shape(left)} and {shape(right)} do not fit ({shape(left)[1]} != {shape(right)[0]})"
        )
    return rows_by_rows(left, transpose(right))


def rows_by_rows(left: Matrix, right: Matrix) -> Matrix:
    """Every row of the left times every row of the right: the product with the right one transposed."""
    return [[sum(map(mul, a, b)) for b in right] for a in left]


def norm(matrices: Sequence[Matrix]) -> float:
    """The Euclidean length of all numbers together."""
    return math.sqrt(sum(sum(map(mul, row, row)) for matrix in matrices for row in matrix))
