"""Jobs up to representations: what each depends on, and that their files fit together."""

from copy import deepcopy
from itertools import chain
from typing import get_args

import pytest

from engram.config import EncoderSettings, load_settings
from engram.core.errors import ConfigurationError
from engram.models.architectures import ARCHITECTURES
from engram.models.fusion_operators import NETWORKS
from engram.models.student_with_decoder import DECODERS
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.pipeline import (
    check_job,
    encoder_job,
    extraction_jobs,
    operator_jobs,
    projection_job,
    represent_job,
    student_job,
)
from engram.studies.general.jobs.pipeline_params import OperatorParams
from engram.studies.general.methods import STUDENTS, students
from engram.studies.general.operators import OPERATORS
from engram.training.losses import LOSSES
from tests.conftest import read_config


def plan(settings):
    """Return name -> parameters of a job of each rule, as the rule's ``params`` have them."""
    (name,) = settings.general.unsupervised
    filled = {
        "encoder": encoder_job(settings).fill(encoder="age"),
        **{job.name: job.fill(dataset=name, shard=0) for job in extraction_jobs(settings)},
        **{job.name: job.fill() for job in operator_jobs(settings)},
        **{f"student {kind}": student_job(settings).fill(kind=kind, seed=1) for kind in STUDENTS},
        "represent": represent_job(settings).fill(dataset=name),
        "project": projection_job(settings).fill(),
    }
    return {name: params.model_dump(mode="json") for name, (_, _, params) in filled.items()}


@pytest.fixture
def config():
    """Return the configuration of the smoke run, to be changed."""
    return deepcopy(read_config("smoke"))


def changed(config, change):
    """Return the jobs whose parameters differ after ``change`` of the configuration."""
    before = plan(load_settings(deepcopy(config)))
    change(config)
    after = plan(load_settings(config))
    assert set(before) == set(after)
    return {name for name in before if before[name] != after[name]}


def _set(*path, to):
    def change(config):
        part = config
        for key in path[:-1]:
            part = part.setdefault(key, {})
        part[path[-1]] = to

    return change


_FITS = {"fit_operators_operators_seeds_1_2", "fit_operators_sizes_seeds_1_2"}
_STUDENTS = {f"student {kind}" for kind in STUDENTS}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_set("general", "targets", "gender", "title", to="Sex"), set()),
        (_set("general", "targets", "gender", "published", to="Gender-CelebA"), set()),
        (_set("general", "encoders", "age", "published", to="Age-IMDB"), set()),
        (_set("datasets", "crowd", "title", to="The crowd"), set()),
        (_set("compute", "checkpoint_seconds", to=7.0), set()),
        (_set("compute", "processes", to=2), set()),
        (_set("general", "student", "tuning", "epochs", to=9), set()),
        (_set("general", "head", "training", "epochs", to=9), set()),
        (_set("general", "head", "hidden", to=9), {"encoder"}),
        (_set("general", "encoders", "age", "training", "epochs", to=9), {"encoder"}),
        (_set("general", "encoders", "age", "seed", to=9), {"encoder"}),
        (_set("general", "student", "width", to=12), _STUDENTS),
        (_set("general", "fusion", "training", "epochs", to=9), _FITS | _STUDENTS),
        (_set("general", "fusion", "kl", to=0.5), {"fit_operators_operators_seeds_1_2"}),
    ],
)
def test_a_setting_changes_only_the_jobs_that_depend_on_it(config, change, expected):
    """Headings change none; what trains one network leaves the others alone."""
    assert changed(config, change) == expected


def test_the_number_format_changes_every_network(config):
    """All jobs that run a network have it in their parameters; extraction has its own format."""
    every = set(plan(load_settings(deepcopy(config))))
    extracting = {job for job in every if "extract" in job}
    assert extracting
    trained = changed(deepcopy(config), _set("compute", "precision", to="bf16"))
    assert trained == every - {"project"} - extracting
    assert changed(config, _set("general", "extraction_precision", to="bf16")) == extracting


def test_the_projection_notices_that_faces_may_be_shown(config):
    """Shown later, a data set is in the parameters and its student's representation in the inputs."""
    name = next(target for target in config["general"]["targets"].values() if target)["dataset"]
    config["datasets"][name]["show_faces"] = False
    inputs, _, hidden = projection_job(load_settings(deepcopy(config))).fill()
    config["datasets"][name]["show_faces"] = True
    more, _, shown = projection_job(load_settings(config)).fill()
    assert name not in hidden.shown
    assert name in shown.shown
    assert len(inputs.students) == len(hidden.shown)
    assert len(more.students) == len(shown.shown)
    assert f"representations/{name}/h_unique.npy" in " ".join(map(str, more.students))


@pytest.mark.parametrize("job", ["stage", "family"])
@pytest.mark.parametrize("seeds_per_job", [1, 2, 3])
def test_every_operator_of_every_seed_is_fitted_once(config, job, seeds_per_job):
    """However operators and seeds are grouped, their models are the same; names are unique."""
    config["compute"] |= {"job": job, "seeds_per_job": seeds_per_job}
    config["seeds"] = [1, 2, 3, 4, 5]
    settings = load_settings(config)
    jobs = operator_jobs(settings)
    models = [str(path) for each in jobs for path in each.fill()[1].models]
    sweep = [f"size_{size}" for size in config["general"]["fusion"]["sizes"]]
    names = [*OPERATORS, *sweep]
    assert sorted(models) == sorted(
        f"{settings.results}/general/fusion/{name}/seed{seed}/model.safetensors"
        for name in names
        for seed in config["seeds"]
    )
    assert len({each.name for each in jobs}) == len({each.log for each in jobs}) == len(jobs)


def test_jobs_read_what_others_write(config):
    """Models and embeddings that students and representations read are outputs of the other jobs."""
    settings = load_settings(config)
    (dataset,) = settings.general.unsupervised
    jobs = [*operator_jobs(settings), *extraction_jobs(settings)]
    written = {str(path) for job in jobs for path in _flat(job.fill(dataset=dataset, shard=0)[1])}
    students = [
        student_job(settings).fill(kind=kind, seed=seed) for kind in STUDENTS for seed in settings.seeds
    ]
    for inputs, _, _ in students:
        assert {*map(str, inputs.embeddings), str(inputs.operator)} <= written
    written |= {str(outputs.model) for _, outputs, _ in students}
    inputs, outputs, params = represent_job(settings).fill(dataset=dataset)
    assert set(map(str, inputs.models)) <= written
    assert len(inputs.models) == len(params.representations) * len(params.seeds)
    assert [path.stem for path in outputs.arrays] == params.representations


def _flat(files):
    return chain.from_iterable(value if isinstance(value, list) else [value] for _, value in files.items())


def test_an_unknown_operator_is_refused(config):
    """The message lists those there are."""
    with pytest.raises(ConfigurationError, match=r"unknown operator 'size_3'\. Known: concat, pca, ae"):
        OperatorParams.from_settings(load_settings(config), ["ae", "size_3"], [1])


def test_every_architecture_may_be_configured_and_no_other(config):
    """A file in `models/architectures` is a value of the setting, without a word elsewhere."""
    setting = EncoderSettings.model_fields["architecture"].annotation
    assert sorted(get_args(setting)) == sorted(ARCHITECTURES)
    config["general"]["encoders"]["age"]["architecture"] = "_pooled"
    with pytest.raises(ConfigurationError, match="architecture"):
        load_settings(config)


def test_an_unknown_student_is_refused(config):
    """The message lists those there are."""
    config["general"]["students"] = ["unique", "twin"]
    with pytest.raises(ConfigurationError, match=r"unknown kind 'twin'\. Known: mt, unique, unic"):
        students(load_settings(config).general)


def test_students_and_operators_are_built_of_registered_parts():
    """Every entry names a decoder, a loss, an operator and a network that exist."""
    assert {student.decoder for student in STUDENTS.values()} == set(DECODERS)
    assert all(callable(LOSSES[student.loss].load("build")) for student in STUDENTS.values())
    assert {student.operator for student in STUDENTS.values()} <= set(OPERATORS)
    assert {operator.network for operator in OPERATORS.values()} == set(NETWORKS)


def test_a_run_is_planned_without_the_file_of_an_imported_encoder(tmp_path):
    """It is left out of what jobs read, and named with the way out where a job of the run checks it."""
    config = deepcopy(read_config("smoke"))
    file = tmp_path / "ages.onnx"
    imported = {"format": "onnx", "file": str(file), "sha256": "0" * 64}
    config["general"]["encoders"]["age"] = {"embedding": 8, "size": 48, "imported": imported}
    settings, asked = load_settings(config), set()
    files = GeneralFiles.from_settings(settings)

    inputs, _, _ = check_job(settings, asked).fill(encoder="age")
    (said,) = files.missing_encoders(asked)
    assert (inputs.file, asked) == ([], {"age"})
    assert f"general.encoders.age: the encoder's file {file} does not exist. Put it there" in said

    file.write_bytes(b"a network")
    inputs, _, _ = check_job(settings, asked).fill(encoder="age")
    assert ([*map(str, inputs.file)], files.missing_encoders(asked)) == ([str(file)], [])
    assert files.encoders(["gender", "age"])[1] == file
