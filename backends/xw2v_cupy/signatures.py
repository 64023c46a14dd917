"""The signatures of the CUDA kernels, read from their source, by which launches are checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

KERNEL = re.compile(
    r'extern "C" __global__ void\s+(?:__launch_bounds__\([^)]*\)\s+)?'
    r"(?P<name>\w+)\((?P<parameters>[^)]*)\) \{(?P<body>.*?)\n\}",
    re.DOTALL,
)
PARAMETER = re.compile(r"(?P<type>.*\W)(?P<name>\w+)", re.DOTALL)


class Parameter(NamedTuple):
    """A parameter of a kernel: such as "const real*" and "table"."""

    type: str
    name: str


class Signature:
    """A kernel's name, parameters in order, and the text of its body."""

    def __init__(self, name: str, parameters: tuple[Parameter, ...], body: str) -> None:
        self.name = name
        self.parameters = parameters
        self.body = body

    def check(self, given: Iterable[str], wanted: Iterable[str]) -> None:
        """Raise TypeError where the arguments given are not those wanted: with the kernel's name
        and an argument's that is missing or unknown.
        """
        for name in wanted:
            if name not in given:
                raise TypeError(f"kernel {self.name}: the argument {name!r} is missing")
        for name in given:
            if name not in wanted:
                raise TypeError(f"kernel {self.name} has no parameter {name!r}")


def signatures(source: str) -> dict[str, Signature]:
    """The kernels of a CUDA source by name."""
    return {
        found["name"]: Signature(
            found["name"],
            tuple(map(_parameter, found["parameters"].split(","))),
            found["body"],
        )
        for found in KERNEL.finditer(source)
    }


def _parameter(text: str) -> Parameter:
    found = PARAMETER.fullmatch(text.strip())
    assert found is not None
    return Parameter(found["type"].strip(), found["name"])
