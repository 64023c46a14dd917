"""The control groups of this process (Linux), such as a container's."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


class GroupFolder(NamedTuple):
    """Where the limits of a group are; version 1 and 2 name the files in it differently."""

    path: Path
    version: int


def own_groups(controller: str) -> list[GroupFolder]:
    """The folders of the groups that limit this process in what a controller counts.

    Args:
        controller: "cpu" or "memory".

    Returns:
        Each group's folder before those that it is in; none where there are no groups.
    """
    found = []
    try:
        lines = OWN_CGROUPS.read_text().splitlines()
    except OSError:
        lines = []
    for line in ["0::/", *lines]:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            folder = CGROUPS / path.lstrip("/")
            while folder != CGROUPS.parent:
                found.append(GroupFolder(folder, 2))
                folder = folder.parent
        elif controller in controllers.split(","):
            root = CGROUPS / controller
            found += [GroupFolder(root / path.lstrip("/"), 1), GroupFolder(root, 1)]
    return list(dict.fromkeys(found))
