"""The signatures of the CUDA kernels, read from their source, by which launches are checked."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import Any, NamedTuple

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
        self._names = tuple(parameter.name for parameter in parameters)
        self._in_order = itemgetter(*self._names)  # in C: launches are many and short

    def ordered(self, arguments: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments in the order of the parameters.

        Raises:
            TypeError: one is missing or unknown; with the kernel's name and the argument's.
        """
        try:
            ordered: tuple[Any, ...] = self._in_order(arguments)
        except KeyError as error:
            raise TypeError(f"kernel {self.name}: the argument {error} is missing") from None
        if len(arguments) > len(self._names):
            unknown = next(name for name in arguments if name not in self._names)
            raise TypeError(f"kernel {self.name} has no parameter {unknown!r}")
        return ordered


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
