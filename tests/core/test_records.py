"""Records: written once, read back the same, refused when damaged."""

import pytest

from engram.core.errors import RecordError
from engram.core.records import Record, environment, read_record, write_record
from engram.core.seeds import derive_seed


def test_a_record_is_read_back_as_written(tmp_path):
    """Nothing is lost between a job and the tables."""
    record = Record(
        kind="training",
        name="wild.base",
        seed=1,
        settings={"a": 1},
        code="c",
        environment=environment("numpy"),
    )
    write_record(tmp_path / "record.json", record)
    assert read_record(tmp_path / "record.json") == record


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "training"}'])
def test_a_damaged_record_names_its_file(tmp_path, text):
    """The message says which file, and what to do."""
    path = tmp_path / "record.json"
    path.write_text(text)
    with pytest.raises(RecordError, match=r"record\.json.*Delete its folder"):
        read_record(path)


def test_seeds_do_not_depend_on_the_process():
    """A known answer: seeds are the same on every machine."""
    assert derive_seed(1, "wild.base", "epoch", 3) == derive_seed("1", "wild.base", "epoch", "3")
    assert derive_seed(1) == 0x6B86B273 >> 1
    assert derive_seed(1, "a") != derive_seed(1, "b")


def test_a_fingerprint_is_of_the_run_not_of_the_machine():
    """Another version is another run; another processor is left to the checkpoint."""

    def fingerprint(**environment):
        record = Record(kind="training", name="a", settings={}, code="c", environment=environment)
        return record.fingerprint()

    assert fingerprint(torch="1", processor="A", gpu="B") == fingerprint(torch="1", processor="C")
    assert fingerprint(torch="1") != fingerprint(torch="2")
