"""Files of measured machines, and what a machine calls itself."""

import platform

import pytest

from engram.core.errors import ConfigurationError
from engram.estimate.throughput import DEFAULT, processor_name, read_throughput


def test_the_shipped_throughput_can_be_read():
    """What the project measured is whole; another file is refused with the way out."""
    assert read_throughput().cpu.training["convolutions"].adds_per_second > 1e9
    with pytest.raises(ConfigurationError, match="throughput_plan"):
        read_throughput(DEFAULT.with_name("nothing.yaml"))


def test_a_processor_is_called_what_the_system_calls_it(tmp_path):
    """The first of two names that are the same."""
    info = tmp_path / "cpuinfo"
    one = "processor\t: 0\nmodel\t\t: 85\nmodel name\t: A Processor @ 2.00GHz\n"
    info.write_text(one + one.replace(": 0", ": 1"))
    assert processor_name(info) == "A Processor @ 2.00GHz"


@pytest.mark.parametrize("told", [None, "processor\t: 0\nFeatures\t: fp asimd\n", "model name\t:\n"])
def test_a_processor_without_a_name_has_its_architecture_s(tmp_path, monkeypatch, told):
    """As on ARM, or where there is no such file at all."""
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    if told is not None:
        (tmp_path / "cpuinfo").write_text(told)
    assert processor_name(tmp_path / "cpuinfo") == "aarch64"
