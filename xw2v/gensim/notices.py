"""Warnings that are given once: of old names, and of arguments without effect."""

from __future__ import annotations

import warnings

_given: set[str] = set()


def warn_once(name: str, message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of `name`, unless that was done before in this process."""
    if name not in _given:
        _given.add(name)
        warnings.warn(f"{name}: {message}", category, stacklevel=4)


def old_name(name: str, new: str) -> None:
    """Say once that a name of gensim 3 is called `new` in gensim 4."""
    warn_once(name, f"gensim 3's name; it is {new} in gensim 4", DeprecationWarning)


def forget_notices() -> None:
    """Give all warnings anew."""
    _given.clear()
