"""What the training of a student reads: faces, and what the teachers made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from engram.core.arrays import in_blocks
from engram.core.errors import CheckpointError
from engram.core.reading import open_array
from engram.core.records import input_hashes
from engram.core.seeds import derive_seed
from engram.models.fusion_operators import Operator, load_operator
from engram.models.inputs import FaceInputs
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.encoders.unlabelled_data import UnlabelledData
from engram.studies.general.jobs.pipeline_params import StudentParams
from engram.studies.general.methods import Student, find_student
from engram.studies.general.representations.representation_store import write_array
from engram.training.device import Device
from engram.training.distributed import barrier, is_main
from engram.training.teachers import DistillationBatches

__all__ = ["BLOCK", "StudentJob", "Targets"]

#: Positions among a subset's rows (B,) to targets (B, T) float32.
Targets = Callable[[np.ndarray], np.ndarray]

#: Faces whose targets are computed at once.
BLOCK = 1024


@dataclass(frozen=True)
class StudentJob:
    """What a student's training reads."""

    student: Student
    params: StudentParams
    device: Device
    data: UnlabelledData
    operator: Operator
    inputs: dict[str, str]
    """The operator's file below the results -> its hash."""

    @classmethod
    def load(cls, inputs: NamedFiles, params: StudentParams, device: Device) -> StudentJob:
        """Load what the student learns from; ``inputs`` are those of `train_student`."""
        operator = load_operator(Path(inputs.operator), params.encoders)
        device.place(operator.module)
        return cls(
            find_student(params.kind),
            params,
            device,
            UnlabelledData.load(inputs, params, hashed=False),
            operator,
            input_hashes([inputs.operator], params.results),
        )

    @property
    def stream(self) -> int:
        """The seed of everything random in it."""
        return derive_seed(self.params.seed, "student", self.params.kind)

    @property
    def encoders(self) -> dict[str, int]:
        """Sizes of the source embeddings by name."""
        return self.params.encoders

    def sources(self, rows: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Return the standardised source embeddings of ``rows[chosen]``, (B, T) float32."""
        return self.operator.standardise(self.data.embeddings.rows(rows[chosen]))

    def targets(self, subset: str, scratch: Path) -> Targets:
        """Return the function from positions (B,) among a subset's rows to targets (B, T).

        Fused embeddings are computed once and kept in ``scratch``, memory-mapped; to standardise the
        source embeddings again and again costs nothing.
        """
        rows = self.data.rows[subset]
        if self.student.target == "sources":
            return partial(self.sources, rows)
        path = scratch / f"{subset}.npy"
        if is_main() and not path.exists():
            with write_array(path, (len(rows), self.operator.size)) as writer:
                for chosen in in_blocks(len(rows), BLOCK):
                    writer.write(self.operator.encode(self.data.embeddings.rows(rows[chosen])), chosen[0])
        barrier()
        return np.asarray(open_array(path, CheckpointError)).__getitem__

    def batches(self, subset: str, targets: Targets) -> DistillationBatches:
        """Return a subset's faces with their targets, augmented or as they are."""
        return DistillationBatches(
            self.data.faces.sized(self.params.size),
            self.data.rows[subset],
            targets,
            FaceInputs(self.params.size),
            batch_size=self.params.training.batch_size,
            settings=self.params.augment,
            seed=self.stream,
        )
