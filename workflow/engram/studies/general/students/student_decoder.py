"""What a student's embedding holds of the source embeddings (Table 5 of Vielzeuf et al. 2019).

A decoder is trained on the embeddings that the finished student gives, whatever it learnt by, and measured on
faces that neither has seen. The decoder that some students have in training plays no part, so that all are
measured alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from engram.core.arrays import in_blocks
from engram.core.errors import CheckpointError
from engram.core.reading import open_array
from engram.core.seeds import derive_seed
from engram.models.autoencoders import fully_connected, make_orthogonal
from engram.models.heads import Headed
from engram.models.inputs import FaceInputs
from engram.studies.general.fusion.reconstruction import (
    BLOCK,
    ReconstructionTask,
    ShuffledBatches,
    reconstruction_table,
    squared_errors,
)
from engram.studies.general.representations.representation_store import write_array
from engram.studies.general.students.student_job import StudentJob
from engram.training.checkpoints import Checkpoint
from engram.training.distributed import barrier, is_main
from engram.training.feeding import FaceFeed
from engram.training.heads import standardiser
from engram.training.loop import fit

__all__ = ["StudentDecoder", "student_errors"]


class StudentDecoder(nn.Module):
    """A student's embeddings (B, d), as they are, to standardised source embeddings (B, T).

    The layers are the fusing encoder's, mirrored. Each value of the embedding is brought to mean 0 and
    deviation 1 first. That is one linear map for all faces, and so keeps what their lengths tell: a cosine
    loss leaves the length free, but it still may follow the face.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, layers: list[int], mean: np.ndarray, scale: np.ndarray) -> None:
        super().__init__()
        self.decoder = fully_connected(layers[::-1])
        self.register_buffer("mean", torch.from_numpy(mean.astype(np.float32)))
        self.register_buffer("scale", torch.from_numpy(scale.astype(np.float32)))

    def forward(self, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """Return the source embeddings, and a divergence of 0 for each face."""
        rebuilt = self.decoder((embeddings - self.mean) * self.scale)
        return rebuilt, embeddings.new_zeros(len(embeddings))


def student_errors(job: StudentJob, student: Headed, fingerprint: str) -> pd.DataFrame:
    """Train a decoder of a student; return each test face's mean squared error of every source embedding.

    All processes that trained the student together call it.

    Parameters
    ----------
    student
        On the job's device.
    fingerprint
        That of the student's record: what an interrupted job left of another student is not used.

    Returns
    -------
    pandas.DataFrame
        See `engram.studies.general.fusion.reconstruction.reconstruction_table`.

    Raises
    ------
    TrainingError
        If the decoder's loss is not finite.
    """
    params = job.params
    checkpoint = Checkpoint(
        params.scratch(f"decoder/{params.kind}", params.seed), fingerprint, params.compute.checkpoint_seconds
    )
    found = {
        subset: _Embedded.of(job, student, subset, checkpoint.folder)
        for subset in ("train", "validation", "test")
    }
    decoder = _trained(job, found, checkpoint)
    table = _measured(job, decoder, found["test"])
    del found  # arrays in the folder that goes
    checkpoint.remove()
    return table


@dataclass(frozen=True)
class _Embedded:
    """A subset's faces: what the student gives for each, and the source embeddings to be rebuilt."""

    job: StudentJob
    rows: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, job: StudentJob, student: Headed, subset: str, folder: Path) -> _Embedded:
        """Embed the faces, once: the array is kept in ``folder`` and memory-mapped."""
        rows, path = job.data.rows[subset], folder / f"{subset}.npy"
        if is_main() and not path.exists():
            inputs, faces = FaceInputs(job.params.size), job.data.faces.sized(job.params.size)
            student.eval()
            found = FaceFeed.of_rows(faces, rows).plain()
            with write_array(path, (len(rows), job.params.layers[-1])) as writer, torch.inference_mode():
                for chosen, pixels in found:
                    with job.device.autocast():
                        codes = student.embed(job.device.send(inputs(pixels)))
                    writer.write(codes.float().cpu().numpy(), chosen[0])
        barrier()
        return cls(job, rows, np.asarray(open_array(path, CheckpointError)))

    def __len__(self) -> int:
        return len(self.rows)

    def pair(self, positions: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return the codes (B, d) and standardised source embeddings (B, T) at positions (B,)."""
        sources = self.job.sources(self.rows, positions)
        return torch.from_numpy(self.codes[positions]), torch.from_numpy(sources)

    def pairs(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield all faces in order."""
        return map(self.pair, in_blocks(len(self), BLOCK))


def _trained(job: StudentJob, found: dict[str, _Embedded], checkpoint: Checkpoint) -> StudentDecoder:
    params = job.params
    stream = derive_seed(params.seed, "decoder", params.kind)
    training = found["train"]
    torch.manual_seed(derive_seed(stream, "weights"))
    decoder = StudentDecoder(params.layers, *standardiser(training.codes, np.arange(len(training))))
    make_orthogonal(decoder)
    fit(
        ReconstructionTask(job.device.place(decoder)),
        ShuffledBatches(training, params.decoding.batch_size, stream),
        found["validation"].pairs,
        params.decoding,
        device=job.device,
        seed=stream,
        checkpoint=checkpoint,
        title=f"decoder of student {params.kind} (seed {params.seed})",
    )
    return decoder.eval()


def _measured(job: StudentJob, decoder: StudentDecoder, test: _Embedded) -> pd.DataFrame:
    errors = []
    with torch.inference_mode():
        for codes, sources in test.pairs():
            rebuilt = decoder(job.device.send(codes))[0].float().cpu().numpy()
            errors.append(squared_errors(rebuilt, sources.numpy(), job.encoders))
    faces = pd.DataFrame({"row": test.rows, "subject": job.data.test_subjects})
    name = job.student.network_name
    return reconstruction_table(np.concatenate(errors), faces, name, job.params.seed, job.encoders)
