"""Threads and number formats."""

from pathlib import Path

import pytest
import torch

from engram.config import ComputeSettings
from engram.core.errors import ConfigurationError
from engram.training.device import choose_device, cpu_has_fast_bf16, hardware


@pytest.fixture(autouse=True)
def _keep_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_torch_uses_the_threads_of_the_job():
    """Two jobs of one thread on two cores use two threads, not four."""
    choose_device(ComputeSettings(device="cpu"), 1)
    assert torch.get_num_threads() == 1


def test_a_gpu_that_is_not_there_is_an_error():
    """Asked for, it must be there; `auto` takes what there is."""
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigurationError, match="no GPU is visible"):
        choose_device(ComputeSettings(device="cuda"), 1)
    assert choose_device(ComputeSettings(), 1).torch_device.type == "cpu"


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_asked_format_is_used(precision):
    """Activations have the format that records name; weights stay float32."""
    device = choose_device(ComputeSettings(device="cpu", precision=precision), 1)
    layer = torch.nn.Linear(4, 4)
    with device.autocast():
        output = layer(torch.ones(1, 4))
    assert output.dtype == {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    assert layer.weight.dtype == torch.float32


def test_records_name_the_hardware():
    """The processor's model, as Linux names it, and the GPU where there is one."""
    found = choose_device(ComputeSettings(device="cpu"), 1).environment()
    assert found["processor"] == hardware()["processor"] != ""
    assert ("gpu" in found) == torch.cuda.is_available()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and "model name" in cpuinfo.read_text():
        assert found["processor"] in cpuinfo.read_text()


@pytest.mark.parametrize(
    ("vendor", "flags", "fast"),
    [
        ("GenuineIntel", "fma avx512f avx512_bf16 amx_bf16 amx_tile", True),
        ("GenuineIntel", "fma avx512f avx512_bf16", False),
        ("AuthenticAMD", "fma avx512f avx512_bf16", True),
        ("AuthenticAMD", "fma avx2", False),
    ],
)
def test_bf16_is_chosen_by_what_the_processor_is(vendor, flags, fast):
    """AMX, or AVX512-BF16 of AMD; Intel's AVX512-BF16 alone is slower than float32."""
    cpuinfo = f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: fpu {flags}\nbugs\t\t: none\n"
    assert cpu_has_fast_bf16(2 * cpuinfo) == fast
    assert not cpu_has_fast_bf16("")
