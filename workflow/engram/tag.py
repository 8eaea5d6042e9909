"""Find the entities in your own text: `python -m engram.tag`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from engram.core.errors import EngramError
from engram.export.arguments import add_batch, add_threads, check_output

__all__ = ["main"]

_DESCRIPTION = """\
Find the entities in text by a tagger that the study of named entities trained, and write a table with a
row an entity:

  file       the file, as it was given
  sentence   the sentence's place in the file, counted from 1
  start      the first character of the entity, counted from 0
  end        the character behind its last
  type       its type; of a label set of word classes, each word has a row
  text       its words

Files of running text are split into sentences and words as the study splits them; start and end count the
characters of the file. Files in columns (.tsv, .conll, .iob, .iob2, .iobes, .bio) have a token a line and a
blank line after each sentence, and what else stands in a line is passed over; start and end count in the
sentence, its words joined by blanks. A file that cannot be read is named and left out.
"""
_EPILOGUE = """\
examples:
  python -m engram.tag notes.txt --model results/export/tagger
  python -m engram.tag corpus/*.txt --model results/export/tagger --output spans.jsonl
  python -m engram.tag test.tsv --model results/entities/models/seed1/genes+diseases.mixed --labels diseases

exit code: 0 if the table was written, 2 if nothing could be read or the call is wrong.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        counts, broken = _tag(chosen)
    except EngramError as error:
        print(f"engram.tag: {error}", file=sys.stderr)  # noqa: T201 - for the user
        return 2
    print("\n".join([*broken, *_summary(counts, broken, chosen.output)]), file=sys.stderr)  # noqa: T201
    return 0 if counts["files"] else 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m engram.tag",
        description=_DESCRIPTION,
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("files", nargs="+", type=Path, metavar="FILES", help="files of running text, or in columns")
    add(
        "--model",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of the tagger: of a run's model, or the exported one",
    )
    add("--labels", metavar="NAME", help="label set, where the tagger has several")
    add(
        "--output",
        type=Path,
        default=Path("spans.csv"),
        metavar="FILE",
        help="table to write, .csv or .jsonl (default: %(default)s)",
    )
    add(
        "--format",
        choices=["auto", "text", "columns"],
        default="auto",
        help="how the files are written (default: as their endings say)",
    )
    add("--encoding", default="utf-8", metavar="NAME", help="encoding of the files (default: %(default)s)")
    add("--characters", action="store_true", help="take each character of running text for a word (Chinese)")
    add_batch(parser, "sentences a step")
    add_threads(parser, "threads of the network")
    return parser


def _tag(chosen: argparse.Namespace) -> tuple[Counter[str], list[str]]:
    # What can be wrong with the call is found out first: torch alone takes seconds to import.
    from engram.export.given_text import check_files, read_given

    check_output(chosen.output, ".csv", ".jsonl")
    check_files(chosen.files)
    from engram.export.tagging import TextTagger, tag_files

    tagger = TextTagger(chosen.model, chosen.labels, chosen.threads)
    read = partial(read_given, form=chosen.format, encoding=chosen.encoding, characters=chosen.characters)
    return tag_files(chosen.files, tagger, read, chosen.output, batch=chosen.batch)


def _summary(counts: Counter[str], broken: list[str], output: Path) -> list[str]:
    return [
        f"{counts['files']} files, {counts['sentences']} sentences: {counts['spans']} entities; "
        f"{len(broken)} files that cannot be read",
        f"{output}: written",
    ]


if __name__ == "__main__":
    sys.exit(main())
