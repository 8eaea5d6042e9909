"""The lines of a text file: decoded strictly, so that a wrong byte is named with its line."""

from __future__ import annotations

import codecs
from pathlib import Path

from engram.core.errors import TextError
from engram.data.text.sentences import TextFormat

__all__ = ["read_lines", "read_whole"]

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_lines(path: Path, form: TextFormat) -> list[str]:
    """Return the lines of a file without their ends, of Unix, Windows or old Macintosh.

    Raises
    ------
    TextError
        If the file cannot be read, is empty, or a line is not in the encoding that the settings say.
    """
    lines = _with_unix_ends(read_whole(path, form)).split("\n")
    return lines[:-1] if not lines[-1] else lines


def read_whole(path: Path, form: TextFormat) -> str:
    """Return the text of a file as it stands, without a byte-order mark; raise as `read_lines` does."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TextError(f"{path}: cannot be read ({error.strerror}). Put the file there again.") from None
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            _same_encoding(path, encoding, form)
            data = data.removeprefix(mark) if encoding == "utf-8" else data
    try:
        text = data.decode(form.encoding)
    except UnicodeDecodeError as error:
        raise TextError(_wrong_byte(path, data, error, form)) from None
    except LookupError:
        raise TextError(
            f"{path}: no encoding is called '{form.encoding}'. Correct '{form.encoding_setting}'."
        ) from None
    if "\0" in text:
        line = _with_unix_ends(text[: text.index("\0")]).count("\n") + 1
        raise TextError(
            f"{path}, line {line}: it holds a NUL character, as no text does. Put the original file there, "
            f"or correct '{form.encoding_setting}'."
        )
    if not text.strip():
        raise TextError(f"{path}: the file is empty. Put its text there, or take the file away.")
    return text


def _with_unix_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _same_encoding(path: Path, found: str, form: TextFormat) -> None:
    said = codecs.lookup(form.encoding).name if _known(form.encoding) else form.encoding
    if said not in (found, f"{found}-sig"):
        raise TextError(
            f"{path}: the file says by its first bytes that it is in {found}, the settings say "
            f"{form.encoding}. Set '{form.encoding_setting}' to '{found}', or convert it."
        )


def _known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _wrong_byte(path: Path, data: bytes, error: UnicodeDecodeError, form: TextFormat) -> str:
    line = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    return (
        f"{path}, line {line}: byte 0x{data[error.start]:02x} is not in {form.encoding}. Set "
        f"'{form.encoding_setting}' if the whole text has another encoding; else convert this file, for its "
        "lines are in several."
    )
