"""Placing labels beside points so that none covers another: greedy, the most important first."""

from __future__ import annotations

import numpy as np

DIRECTIONS = 16
RINGS = (0.0, 6.0, 14.0)  # further from the point than touching it, in pixels


class Labels:
    """Boxes on a sheet that never overlap, added one by one.

    Args:
        width, height: of the sheet, in pixels.
        dots: (n, 2) points that labels had better leave visible.
        radius: of the dots.
    """

    def __init__(self, width: float, height: float, dots: np.ndarray, radius: float = 2.0) -> None:
        self.sheet = np.array([width, height])
        self.dots = dots
        self.radius = radius
        self._taken = np.empty(
            (len(dots), 4)
        )  # (left, bottom, right, top) of the labels placed so far
        self._count = 0

    def place(
        self, point: np.ndarray, size: np.ndarray, rings: int = 1
    ) -> tuple[float, float] | None:
        """The lower left corner of a box of `size` (2,) beside `point` (2,), or None where all is
        taken.

        Of the free places the nearest one that covers the fewest dots is taken; `rings` (1 to 3)
        says how far away it may be.
        """
        corners = np.concatenate(
            [self._around(point, size, gap) for gap in RINGS[:rings]]
        )  # (c, 2)
        boxes = np.concatenate([corners, corners + size], axis=1)  # (c, 4)
        free = (corners >= 0).all(axis=1) & (corners + size <= self.sheet).all(axis=1)
        free &= ~_overlaps(boxes, self._taken[: self._count]).any(axis=1)
        if not free.any():
            return None
        near = self.dots[(np.abs(self.dots - point) < size + max(RINGS) + self.radius).all(axis=1)]
        covered = _overlaps(
            boxes, np.concatenate([near - self.radius, near + self.radius], axis=1)
        ).sum(axis=1)
        best = int(np.argmin(np.where(free, covered, np.inf)))  # of equals the first: the nearest
        self._taken[self._count] = boxes[best]
        self._count += 1
        return float(corners[best, 0]), float(corners[best, 1])

    def _around(self, point: np.ndarray, size: np.ndarray, gap: float) -> np.ndarray:
        """Corners (c, 2) of boxes around a point: right and left of it first, then above and
        below.
        """
        turn = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
        turn = turn[np.argsort(np.abs(np.sin(turn)).round(6), kind="stable")]
        towards = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        reach = size / 2 + self.radius + 1.5 + gap
        # the box's centre moves on a rounded rectangle around the point, so the box just touches
        # its dot
        stretch = np.minimum(1, np.abs(towards) * 1.5)
        return point + np.sign(towards.round(6)) * stretch * reach - size / 2


def _overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(b, o) whether boxes (b, 4) and others (o, 4) share an area."""
    return (
        (boxes[:, None, 0] < others[None, :, 2])
        & (others[None, :, 0] < boxes[:, None, 2])
        & (boxes[:, None, 1] < others[None, :, 3])
        & (others[None, :, 1] < boxes[:, None, 3])
    )
