"""A machine whose numbers can be worked with in the head."""

import pytest

from engram.planning.throughput import FAMILIES, AssumedGpu, Device, Host, Rate, Throughput


@pytest.fixture
def throughput():
    """Return a core of 1 G multiply-adds a second and an assumed GPU of 100 G."""
    rates = {family: Rate(step_seconds=0.001, adds_per_second=1e9) for family in FAMILIES}
    return Throughput(
        host=Host(
            name="a processor",
            prepared_values_per_second=1e8,
            drawn_images_per_second=100.0,
            detect_seconds=0.001,
            detect_pixels_per_second=1e6,
            start_seconds=1.0,
            start_bytes=1e8,
            evidence_seconds=2.0,
            evidence_rows_per_second=1e5,
        ),
        cpu=Device(
            name="a core",
            precision="fp32",
            start_seconds=4.0,
            start_bytes=3e8,
            training=rates,
            forward=rates,
        ),
        assumed_gpu=AssumedGpu(
            name="a GPU",
            peak_flops=2e12,
            utilisation=dict.fromkeys(FAMILIES, 0.1),
            step_seconds=dict.fromkeys(FAMILIES, 0.003),
            start_seconds=10.0,
            start_bytes=2e9,
        ),
    )
