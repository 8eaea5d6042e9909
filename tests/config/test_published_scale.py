"""`config/paper.yaml`: the sizes and protocols that Vielzeuf et al. (2019) print."""

import pytest

from engram.models.architectures.resnet import build
from engram.models.backbone_files import build_student, count_parameters
from engram.studies.general.operators import fused_sizes
from engram.studies.general.printed import read_printed
from engram.studies.general.task_plan import general_tasks
from tests.estimate.conftest import settings_of


@pytest.fixture(scope="module")
def general():
    """Return the general study at published scale."""
    return settings_of("paper").general


def test_networks_have_the_printed_sizes(general):
    """5,488 values are fused into 1,024; the encoders have about 106 M parameters, the student 2.2 M."""
    assert fused_sizes(general) == [5488, 3136, 1792, 1024]
    counts = [
        count_parameters(build(encoder.embedding, encoder.width, 3)) for encoder in general.encoders.values()
    ]
    assert sum(counts) == pytest.approx(106e6, rel=0.01)
    student = build_student(1024, width=general.student.width, size=general.student.size)
    assert count_parameters(student.network) == 2_216_023
    assert general.faces.size == general.student.size == 300


def test_all_printed_tasks_are_targets(general):
    """The ten of Tables 3 and 6, each the published one and the stand-in of none."""
    targets = [item for item in general_tasks(general) if item.role == "target"]
    assert {item.published for item in targets} == set(read_printed("transfer")["knowledge"])
    assert not any(item.stands_for for item in targets)


def test_protocols_are_the_usual_ones(general):
    """View 2 of LFW after 100,000 faces of VGGFace2; subjects of FG-NET and UNBC left out one by one."""
    targets = {item.published: item for item in general_tasks(general) if item.role == "target"}
    lfw = targets["Identity-LFW"]
    assert (lfw.pairs, lfw.pair_count, lfw.trained_on, lfw.trained_faces) == (
        *("official", 6000),
        *("vggface2_test", 100_000),
    )
    left_out = {name for name, item in targets.items() if item.protocol == "leave_one_out"}
    assert left_out == {"AgeR-FG", "Pain-UNBC"}
    assert lfw.trained_on not in general.unsupervised


def test_protocols_that_could_not_be_verified_say_so(general):
    """Das et al. (2018), and the protocol of pain."""
    said = {item.published for item in general_tasks(general) if "not verified" in item.note}
    assert said == {"AgeC-UTK", "Gender-UTK", "Ethnic-UTK", "Pain-UNBC"}
