"""Placing labels beside points so that none covers another: greedy, the most important first."""

from __future__ import annotations

import numpy as np

DIRECTIONS = 16
RING_GAPS = (0.0, 6.0, 14.0)  # pixels between a label and the dot it touches in the first ring


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
        self._placed = np.empty((len(dots), 4))  # (left, bottom, right, top) of labels so far
        self._count = 0

    def place(
        self, point: np.ndarray, size: np.ndarray, rings: int = 1
    ) -> tuple[float, float] | None:
        """Find room for a label, and keep it.

        Of the free boxes the one that covers the fewest dots is chosen, the nearest of equals.

        Args:
            point: (2,) the dot.
            size: (2,) width and height of the label.
            rings: 1 to 3, how far from its dot the label may be.

        Returns:
            The lower left corner, or None where there is no room.
        """
        corners = np.concatenate(
            [self._around(point, size, gap) for gap in RING_GAPS[:rings]]
        )  # (c, 2)
        boxes = np.concatenate([corners, corners + size], axis=1)  # (c, 4)
        free = (corners >= 0).all(axis=1) & (corners + size <= self.sheet).all(axis=1)
        free &= ~_overlaps(boxes, self._placed[: self._count]).any(axis=1)
        if not free.any():
            return None
        reach = size + max(RING_GAPS) + self.radius
        near = self.dots[(np.abs(self.dots - point) < reach).all(axis=1)]  # (m, 2)
        dot_boxes = np.concatenate([near - self.radius, near + self.radius], axis=1)
        covered = _overlaps(boxes, dot_boxes).sum(axis=1)  # (c,)
        best = int(np.argmin(np.where(free, covered, np.inf)))
        self._placed[self._count] = boxes[best]
        self._count += 1
        return float(corners[best, 0]), float(corners[best, 1])

    def _around(self, point: np.ndarray, size: np.ndarray, gap: float) -> np.ndarray:
        """Corners (c, 2) of boxes around a point: right and left of it first, then above and
        below.
        """
        angles = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
        angles = angles[np.argsort(np.abs(np.sin(angles)).round(6), kind="stable")]
        directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        reach = size / 2 + self.radius + 1.5 + gap
        # the box's center moves on a rounded rectangle, so that the box just touches its dot
        stretch = np.minimum(1, np.abs(directions) * 1.5)
        corners: np.ndarray = point + np.sign(directions.round(6)) * stretch * reach - size / 2
        return corners


def _overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(b, o) whether boxes (b, 4) and others (o, 4) share an area."""
    shared: np.ndarray = (
        (boxes[:, None, 0] < others[None, :, 2])
        & (others[None, :, 0] < boxes[:, None, 2])
        & (boxes[:, None, 1] < others[None, :, 3])
        & (others[None, :, 1] < boxes[:, None, 3])
    )
    return shared
