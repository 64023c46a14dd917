"""torch on the CPU, CUDA or Apple's mps: another library to the same results."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.errors import MissingDependencyError, UsageError
from xw2v.sgns.array import Array
from xw2v.sgns.backend import Backend


class TorchBackend(Backend):
    """torch tensors on "cpu", "cuda", "cuda:N" or "mps"; no gradients are recorded."""

    name = "torch"

    def __init__(
        self, device: str = "cpu", *, deterministic: bool = False, workers: int | None = None
    ) -> None:
        kind, _, number = device.partition(":")
        if kind not in ("cpu", "cuda", "mps") or (
            number and not (kind == "cuda" and number.isdecimal())
        ):
            raise UsageError(
                "`backend` torch takes cpu, cuda, cuda:N or mps", setting="device", value=device
            )
        try:
            import array_api_compat.torch as xp
            import torch
        except ImportError:
            raise MissingDependencyError(
                'needs torch: pip install "xw2v[torch]"', setting="backend", value=self.name
            ) from None
        if kind == "cuda" and int(number or 0) >= (found := torch.cuda.device_count()):
            raise MissingDependencyError(
                f"torch {torch.__version__} sees {found} CUDA devices here; give `device` cpu, or "
                "pip install a CUDA build of torch",
                setting="device",
                value=device,
            )
        if kind == "mps" and not torch.backends.mps.is_available():
            raise MissingDependencyError(
                "torch finds no Apple GPU here; give `device` cpu", setting="device", value=device
            )
        super().__init__(device, deterministic=deterministic, workers=workers)
        self._torch: Any = torch
        self.xp = xp
        self.device = torch.device(device)

    def from_numpy(self, array: np.ndarray) -> Array:
        copied: Array = self._torch.tensor(array, device=self.device)
        return copied

    def to_numpy(self, array: Any) -> np.ndarray:
        host: np.ndarray = array.cpu().numpy()
        return host

    def scatter_add(self, table: Any, rows: Any, updates: Any) -> None:
        if self.deterministic and self.device.type == "cuda":
            table.index_put_((rows,), updates, accumulate=True)  # sorts; index_add_ is atomic
        else:
            table.index_add_(0, rows, updates)

    def versions(self) -> dict[str, str]:
        return {"torch": str(self._torch.__version__)}

    def synchronize(self) -> None:
        if self.device.type == "cuda":
            self._torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            self._torch.mps.synchronize()
