"""Runs the CUDA sources of xw2v_cupy on the CPU: compiled by g++ with a header that supplies what
CUDA adds to C++.

`CpuKernels` stands in for `xw2v_cupy.kernels.Kernels` with NumPy as its library, so that the whole
CUDA step runs without a GPU, kernel by kernel and thread by thread.
"""

from __future__ import annotations

import ctypes
import functools
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import array_api_compat.numpy
import numpy as np
import pytest
from xw2v_cupy import CupyBackend
from xw2v_cupy.kernels import (
    WARP_SIZE,
    WARPS_PER_BLOCK,
    Kernels,
    cuda_source,
    gemm_of,
    kernel_signatures,
)
from xw2v_cupy.signatures import Parameter

from xw2v.sgns.backend import Backend

HEADER = Path(__file__).with_name("cuda_on_cpu.h")
# where threads wait for each other
WAITING = re.compile(
    r"warp_sum|sum_of_warps|sum_of_rows|add_row|__shfl|__ballot|shuffled_halves|__syncthreads"
)


DTYPES: dict[str, tuple[type, ...]] = {
    "real*": (np.float32, np.float64),
    "double*": (np.float64,),
    "integer*": (np.int64,),
    "count*": (np.int64,),
    "int*": (np.int32,),
    "unsigned*": (np.uint32,),
    "Sum*": (np.float32, np.float64, np.int64),
}


@functools.cache
def cpu_library(macros: tuple[str, ...]) -> ctypes.CDLL:
    """The kernels as functions run_NAME(blocks, warps, arguments), which take the addresses of
    their arguments as CUDA's driver does.
    """
    if sys.platform != "linux" or shutil.which("g++") is None:
        pytest.skip("no Linux with g++ to run the CUDA sources on the CPU")
    source = f'#include "{HEADER}"\n{cuda_source()}'
    for name, kernel in kernel_signatures().items():
        run = "emulate" if WAITING.search(kernel.body) else "emulate_apart"
        values = ", ".join(
            f"*({each.type}*)arguments_[{place}]" for place, each in enumerate(kernel.parameters)
        )
        source += (
            f'\nextern "C" void run_{name}(unsigned grid_, unsigned warps_, void** arguments_)'
            f"{{ {run}(grid_, {WARP_SIZE}, warps_, [&] {{ {name}({values}); }}); }}"
        )
    source += f"\nreal shared[{CpuKernels.shared_limit} / sizeof(real)];"
    with tempfile.TemporaryDirectory() as folder:
        file, library = Path(folder, "kernels.cpp"), Path(folder, "kernels.so")
        file.write_text(source, encoding="utf-8")
        flags = ["-std=c++17", "-O1", "-w", *macros, "-shared", "-fPIC"]
        subprocess.run(["g++", *flags, str(file), "-o", str(library)], check=True)
        return ctypes.CDLL(str(library))


class CpuKernels(Kernels):
    """The same kernels and products on NumPy arrays; notes the names of what was launched.

    Args:
        backwards: run the last block and thread first, as a device may.
    """

    shared_limit = 227 * 2**10  # an H100's

    def __init__(self, dtype: Any, *, deterministic: bool = False, backwards: bool = False) -> None:
        super().__init__(np, dtype, deterministic=deterministic)
        self.launched: list[str] = []
        self.backwards = backwards

    def _compile(self, *macros: str) -> None:
        self._library = cpu_library(macros)

    def runner(self, name: str, shared_bytes: int) -> Callable[[int, int], None]:
        assert shared_bytes <= self.shared_limit
        kernel = getattr(self._library, f"run_{name}")

        def run(blocks: int, arguments: int) -> None:
            self.launched.append(name)
            ctypes.c_bool.in_dll(self._library, "backwards").value = self.backwards
            kernel(blocks, WARPS_PER_BLOCK, ctypes.c_void_p(arguments))

        return run

    def encoder(self, parameter: Parameter) -> Callable[[Any], int | float]:
        encode = super().encoder(parameter)
        return lambda value: (
            checked_address(value, parameter) if is_array(parameter) else encode(value)
        )

    def product(
        self,
        left: Any,
        right: Any,
        out: Any,
        *,
        left_t: bool = False,
        right_t: bool = False,
        add: bool = False,
    ) -> Callable[[], None]:
        gemm = gemm_of(left, right, out, left_t, right_t)

        def run() -> None:
            self.launched.append("gemm")
            column_major_gemm(gemm, right, left, out, float(add))

        return run


class CpuCupyBackend(CupyBackend):
    """The CUDA backend on the CPU, its kernels emulated and NumPy in CuPy's place."""

    emulated = True

    def __init__(self, *, deterministic: bool = False) -> None:
        Backend.__init__(self, "emulated", deterministic=deterministic)
        self._cupy = np
        self.xp = array_api_compat.numpy
        self.device = "cpu"
        self._kernels = {}
        self.kernels(np.float32)  # skips the test where they cannot be compiled

    def to_numpy(self, array: Any) -> np.ndarray:
        return array

    def kernels(self, dtype: Any) -> Kernels:
        return self._kernels.setdefault(
            np.dtype(dtype).name, CpuKernels(dtype, deterministic=self.deterministic)
        )

    def synchronize(self) -> None:
        pass

    def _free(self) -> int:
        return 2**30

    def gpu_model(self) -> str:
        return "the CPU"


def is_array(parameter: Parameter) -> bool:
    return parameter.type.endswith("*")


def checked_address(array: Any, parameter: Parameter) -> int:
    """An array's address, or 0 for none; it must be of the parameter's type."""
    if isinstance(array, int) and array == 0:
        return 0
    assert isinstance(array, np.ndarray), parameter
    assert array.flags.c_contiguous, parameter
    assert array.dtype in DTYPES[parameter.type.removeprefix("const ")], parameter
    return array.ctypes.data


def column_major_gemm(gemm: Any, a: np.ndarray, b: np.ndarray, c: np.ndarray, beta: float) -> None:
    """C = op(A) op(B) + beta C on column-major matrices, given as cuBLAS is given them."""

    def matrices(array: np.ndarray, ld: int, stride: int, rows: int, columns: int) -> np.ndarray:
        steps = stride * array.itemsize, array.itemsize, ld * array.itemsize
        return np.lib.stride_tricks.as_strided(array, (gemm.batch, rows, columns), steps)

    def operand(
        array: np.ndarray, ld: int, stride: int, transposed: int, rows: int, columns: int
    ) -> np.ndarray:
        if transposed:
            return matrices(array, ld, stride, columns, rows).mT
        return matrices(array, ld, stride, rows, columns)

    out = matrices(c, gemm.ldc, gemm.stride_c, gemm.m, gemm.n)
    product = operand(a, gemm.lda, gemm.stride_a, gemm.transa, gemm.m, gemm.k) @ operand(
        b, gemm.ldb, gemm.stride_b, gemm.transb, gemm.k, gemm.n
    )
    out[...] = product + beta * out if beta else product
