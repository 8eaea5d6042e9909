"""What the general study does, from its settings alone."""

import pytest

from engram.config import load_settings
from engram.config.encoders import EncoderSettings
from engram.core.errors import ConfigurationError
from engram.core.labels import kind_of
from engram.studies.general.operators import fused_sizes, sizes_swept
from engram.studies.general.plan import (
    embedding_groups,
    encoder_warnings,
    finetune_methods,
    general_datasets,
    operators,
    probe_methods,
    subsets_of_encoders,
    target_methods,
)
from engram.studies.general.task_plan import general_tasks
from tests.conftest import read_config

PUBLISHED = {
    "identity": 2048,
    "object": 2048,
    "age": 512,
    "gender": 512,
    "attributes": 256,
    "expression": 112,
}


@pytest.fixture
def config():
    """Return the demonstration's configuration, to be changed."""
    return read_config("default")


@pytest.fixture
def general(config):
    """Return the demonstration's settings of the general study."""
    return load_settings(config).general


def test_the_published_sizes_follow_from_the_embeddings(config):
    """5,488 values are fused by layers of 3,136, 1,792 and 1,024: each 4/7 of the one before."""
    for name, size in PUBLISHED.items():
        config["general"]["encoders"][name]["embedding"] = size
    config["general"]["fusion"]["hidden"] = None
    assert fused_sizes(load_settings(config).general) == [5488, 3136, 1792, 1024]


def test_six_encoders_have_sixty_three_subsets(general):
    """Every non-empty subset stands there once, the single encoders first."""
    subsets = subsets_of_encoders(general)
    assert len(subsets) == len(set(subsets)) == 63
    assert [len(subset) for subset in subsets[:6]] == [1] * 6
    assert subsets[-1] == tuple(general.encoders)


def test_the_demonstration_has_the_ten_rows_of_table_3(general):
    """Each printed target task has a stand-in of the same kind of task."""
    rows = [item for item in general_tasks(general) if item.role == "target"]
    assert len({item.stands_for for item in rows}) == 10
    assert {kind_of(item.task) for item in rows} == {
        "classification",
        "regression",
        "identity",
        "attributes",
    }
    assert {item.protocol for item in rows} == {"split", "leave_one_out", "pairs"}


def test_every_encoder_trained_here_is_source_knowledge(general):
    """Table 4 has a row for each source."""
    sources = {item.encoder for item in general_tasks(general) if item.role == "source"}
    assert sources == set(general.encoders)


def names(methods):
    return [method.name for method in methods]


def test_sources_are_solved_by_fewer_methods(general):
    """Only targets and objects are trained from random weights, only targets by every size of h_G.

    With all kinds of students, of which the demonstration has those of the paper.
    """
    assert general.students == ["unique", "mt"]
    general = general.model_copy(update={"students": ["unique", "mt", "unic"]})
    target, *_, source, objects = general_tasks(general)
    swept = list(sizes_swept(general))
    frozen = ["h_g", "pca", "h_g_balanced", "h_unique", "h_mt", "h_unic"]
    tuned = ["h_unique_tuned", "h_mt_tuned", "h_unic_tuned"]
    assert names(finetune_methods(general, target)) == ["cnn", "p_cnn", *tuned]
    assert names(finetune_methods(general, source)) == ["h_unique_tuned"]
    assert names(finetune_methods(general, objects)) == ["cnn", "h_unique_tuned"]
    assert names(probe_methods(general, target)) == ["constant", "concat", *frozen, *swept]
    assert names(probe_methods(general, source)) == [
        "constant",
        "original",
        "h_g",
        "h_unique",
        "h_mt",
        "h_unic",
    ]


def test_operators_have_a_name_each(general):
    """The sweep does not fit h_G's own size twice."""
    names = operators(general)
    assert len(names) == len(set(names))
    assert f"size_{fused_sizes(general)[-1]}" not in names


def test_a_group_reads_a_face_once(general):
    """Every encoder is in the one group of its input's size."""
    groups = embedding_groups(general)
    assert sorted(name for names in groups.values() for name in names) == sorted(general.encoders)


def test_null_leaves_a_target_out(config):
    """A configuration merged over the default can take its targets and encoders back."""
    config["general"]["targets"]["pain"] = None
    config["general"]["encoders"]["object"] = None
    general = load_settings(config).general
    assert "pain" not in general.targets
    assert "object" not in general.encoders


def test_without_the_study_it_reads_nothing(config):
    """`general: null` leaves the study out."""
    config["general"] = None
    assert general_datasets(load_settings(config)) == []


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("unsupervised",), "crowds", "general.unsupervised: unknown data set 'crowds'"),
        (("targets", "pain", "dataset"), "clinics", "general.targets.pain: unknown data set 'clinics'"),
        (("targets", "pain", "task"), "pains", "general.targets.pain.task"),
        (("targets", "pain", "protocol"), "pairs", "task 'identity' and protocol 'pairs' go together"),
        (("encoders", "age", "dataset"), None, "needs 'dataset' to be trained on, or 'imported'"),
        (("encoders", "age", "wide"), 3, "there is no such setting"),
        (("students",), ["mt"], "'unique' is the study's own"),
        (("faces",), {"colour": "grey"}, "faces.colour must be 'rgb'"),
    ],
)
def test_a_mistake_is_named_with_its_place(config, place, value, said):
    """Unknown data sets, tasks, keys and combinations stop before any job."""
    part = config["general"]
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    with pytest.raises(ConfigurationError, match=said):
        load_settings(config)


def test_programs_in_files_leave_p_cnn_out(general):
    """Encoders that are run as they are cannot be trained further; every other method stays."""
    file = {"format": "onnx", "file": "there.onnx", "sha256": "0" * 64}
    imported = {
        name: EncoderSettings(task=encoder.task, embedding=8, imported=file)
        for name, encoder in general.encoders.items()
    }
    others = general.model_copy(update={"encoders": imported})
    target, *_ = general_tasks(others)
    before, *_ = general_tasks(general)
    assert [name for name in names(finetune_methods(general, before)) if name != "p_cnn"] == names(
        finetune_methods(others, target)
    )
    assert "p_cnn" not in names(target_methods(others))


def test_a_source_may_be_tested_by_leaving_subjects_out(general):
    """An imported encoder can; one that is trained here has seen its training subjects."""
    file = {"format": "onnx", "file": "there.onnx", "sha256": "0" * 64}
    given = {"task": "age", "dataset": "album", "embedding": 8, "protocol": "leave_one_out"}
    source = EncoderSettings(**given, imported=file)
    others = general.model_copy(update={"encoders": {**general.encoders, "age": source}})
    assert {item.name: item.protocol for item in general_tasks(others)}["source_age"] == "leave_one_out"
    with pytest.raises(ValueError, match="has seen the subjects"):
        EncoderSettings(**given)


def test_a_source_of_identity_is_tested_by_six_thousand_pairs(general):
    """As many as view 2 of LFW has, or as the configuration says."""
    assert {item.name: item.pairs for item in general_tasks(general)}["source_identity"] == 6000


FILE = {"format": "onnx", "file": "there.onnx", "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"imported": FILE | {"mean": [122.8, 117.0, 104.3]}}, r"lies in \[0, 1\]. Divide it by 255"),
        ({"imported": FILE | {"std": [0.0, 1.0, 1.0]}}, "lies above 0"),
        ({"imported": FILE | {"std": [58.4, 57.1, 57.4]}}, "Divide one of 255 by 255"),
        ({"imported": FILE, "dataset": "city"}, "an encoder with 'dataset' needs 'task'"),
        ({"imported": FILE, "dataset": "city", "task": ["age", "age"]}, "stands there twice"),
        ({"dataset": "city", "task": ["age", "gender"]}, "learns one 'task'"),
        ({"dataset": "city", "task": "age", "crop": {}}, "'crop' is for imported encoders"),
        ({"imported": FILE, "width": 12}, "it is imported, but has width.*another name"),
    ],
)
def test_an_encoder_that_cannot_be_meant_is_refused(given, said):
    """Values of another scale, tasks without data, and what only a training here depends on."""
    with pytest.raises(ValueError, match=said):
        EncoderSettings(embedding=8, **given)


def test_an_imported_encoder_may_not_take_the_name_of_a_drawn_one(config):
    """Merged over the demonstration's encoder it would have its data set and colour as well."""
    config["general"]["encoders"]["identity"] |= {"imported": FILE, "size": 112}
    with pytest.raises(ConfigurationError, match=r"encoders\.identity: it is imported, but has .*training"):
        load_settings(config)


def test_an_imported_encoder_may_be_tested_on_several_tasks_or_none(general):
    """One network of age and gender is two sources; one of landmarks none."""
    both = EncoderSettings(task=["age", "gender"], dataset="city", embedding=8, imported=FILE)
    none = EncoderSettings(embedding=8, imported=FILE)
    others = general.model_copy(update={"encoders": {"both": both, "landmarks": none}})
    sources = [item for item in general_tasks(others) if item.role == "source"]
    assert {item.name: (item.title, item.task, item.encoder) for item in sources} == {
        "source_both": ("both (age)", "age", "both"),
        "source_both_gender": ("both (gender)", "gender", "both"),
    }


def test_part_of_the_faces_settings_leaves_the_others_as_they_are(config):
    """Another size keeps colours and margin of this study."""
    config["general"]["faces"] = {"size": 160}
    faces = load_settings(config).general.faces
    assert (faces.size, faces.colour, faces.margin) == (160, "rgb", 0.25)


def test_encoders_of_one_crop_share_a_job(config):
    """Groups are by stored faces and size; a warning names who is given less than it wants."""
    names = {"one": {"crop": {}}, "two": {"crop": {}}, "wide": {"crop": {"margin": 0.2}}, "stored": {}}
    for name, more in names.items():
        config["general"]["encoders"][name] = {"embedding": 8, "size": 112, "imported": FILE, **more}
    settings = load_settings(config)
    groups = embedding_groups(settings.general)
    assert groups["faces_112px_eyes_0"] == ["one", "two"]
    assert groups["faces_112px_eyes_0_2"] == ["wide"]
    assert groups["size112"] == ["stored"]
    (warning,) = encoder_warnings(settings)
    assert "general.encoders.stored: its input has 112 pixels, but stored faces have 48" in warning


def test_baselines_are_chosen(general):
    """One answer for all stands in every table; the linear model where it is asked for."""
    target, *_ = general_tasks(general)
    assert names(probe_methods(general, target))[0] == "constant"
    more = general.model_copy(update={"baselines": ["constant", "hog"]})
    assert names(probe_methods(more, target))[:2] == ["constant", "hog"]
    assert not {"constant", "hog"} & set(names(target_methods(more)))
