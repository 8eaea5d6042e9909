"""Turn your own images into a table of embeddings: `python -m engram.embed`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from engram.core.errors import DataMissingError, EngramError
from engram.export.arguments import add_batch, add_threads, check_output

__all__ = ["main"]

_DESCRIPTION = """\
Find the face in each image, align and cut it as the study does, and write its embedding by an
exported student ('snakemake export' makes one) into a table with a row an image:

  path           the image, as it was given
  detected       whether a face was found; of several, the one nearest the centre is taken
  error          what is wrong with an image that cannot be read, empty otherwise
  box_left ...   the face's place: box_left, box_top, box_width, box_height, in pixels
  e0, e1, ...    the embedding, of length 1; box and embedding are empty where there is no face

The cosine of two embeddings is the sum of the products of their values. Images are read batch by
batch, so that any number fits into memory; a broken image has a row that says so and stops nothing.
"""
_EPILOGUE = """\
examples:
  python -m engram.embed photos/ --model results/export
  python -m engram.embed a.jpg b.png --model results/export --output faces.csv
  python -m engram.embed photos/ --model results/export --detector yunet --yunet-model yunet.onnx

exit code: 0 if the table was written, 2 if nothing could be read or the call is wrong.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        counts = _embed(chosen)
    except EngramError as error:
        print(f"engram.embed: {error}", file=sys.stderr)  # noqa: T201 - for the user
        return 2
    print(_summary(counts, chosen.output), file=sys.stderr)  # noqa: T201 - for the user
    return 2 if counts["broken"] == counts["images"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m engram.embed",
        description=_DESCRIPTION,
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "images",
        nargs="+",
        metavar="IMAGES",
        help="images, or folders with all below them",
    )
    add("--model", required=True, type=Path, metavar="DIR", help="folder of the exported student")
    add(
        "--output",
        type=Path,
        default=Path("embeddings.parquet"),
        metavar="FILE",
        help="table to write, .parquet or .csv (default: %(default)s)",
    )
    add_batch(parser, "images in memory at once")
    add(
        "--detector",
        choices=["haar", "yunet", "none"],
        help="what finds faces, 'none' if the images are cut-out faces (default: as the student was trained)",
    )
    add("--yunet-model", metavar="FILE", help="YuNet's ONNX file, for --detector yunet")
    add_threads(parser, "threads of the detector and of the network")
    return parser


def _embed(chosen: argparse.Namespace) -> Counter[str]:
    # What can be wrong with the call is found out first: torch alone takes seconds to import.
    from engram.export.image_listing import find_images
    from engram.export.preprocessing import read_preprocessing

    check_output(chosen.output, ".parquet", ".csv")
    preprocessing = read_preprocessing(chosen.model)
    faces, detect = preprocessing.faces(chosen.detector, chosen.yunet_model)
    count = sum(1 for _ in find_images(chosen.images))
    if not count:
        raise DataMissingError(
            f"{', '.join(chosen.images)}: there are no images. Give images, or folders of them."
        )
    from engram.export.embedding import embed_images

    return embed_images(
        find_images(chosen.images),
        count,
        chosen.model,
        preprocessing,
        chosen.output,
        faces=faces,
        detect=detect,
        batch=chosen.batch,
        threads=chosen.threads,
    )


def _summary(counts: Counter[str], output: Path) -> str:
    without = counts["images"] - counts["faces"] - counts["broken"]
    lines = [
        f"{counts['images']} images: {counts['faces']} with a face, {without} without, "
        f"{counts['broken']} that cannot be read",
        f"{output}: written",
    ]
    if counts["broken"]:
        lines.insert(1, "The column 'error' says what is wrong with each of those.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
