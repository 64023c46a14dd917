"""What an MPI launcher (mpiexec, mpirun, srun) says in the environment, before MPI is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Launch:
    """A process as its launcher sees it.

    Attributes:
        size: processes that were started.
        rank: this one's number among them.
        variable: of the environment, which says the size.
    """

    size: int
    rank: int
    variable: str


VARIABLES = (  # (size, rank), those of MPI's own launchers first
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),  # Open MPI
    ("PMI_SIZE", "PMI_RANK"),  # MPICH, Intel MPI, and srun --mpi=pmi2
    ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),  # MVAPICH
    ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),  # srun
    ("SLURM_NTASKS", "SLURM_PROCID"),  # also in a batch script, which is no launcher
)


def launched(environment: Mapping[str, str]) -> Launch | None:
    """How this process was launched; None where it was started by itself, also by a batch script
    of Slurm outside srun.
    """
    for size, rank in VARIABLES:
        if size.startswith("SLURM") and "SLURM_STEP_ID" not in environment:
            continue
        if environment.get(size, "").isdecimal() and environment.get(rank, "").isdecimal():
            return Launch(int(environment[size]), int(environment[rank]), size)
    return None
