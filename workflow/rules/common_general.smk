# What the general study's rules use: its parts by name, and helpers. Included after common.smk.
# Needs SETTINGS.general; makes no files.

from engram.studies.general.methods import STUDENTS
from engram.studies.general.operators import sizes_swept
from engram.studies.general.plan import (
    embedding_groups,
    export_files,
    general_records,
    general_tasks,
    operators,
    prediction_folders,
    probe_methods,
    represented_datasets,
    representations,
)

GENERAL = SETTINGS.general
KNOWLEDGE = {item.name: item for item in general_tasks(GENERAL)}
TARGETS = [name for name, item in KNOWLEDGE.items() if item.role == "target"]
REPRESENTED = represented_datasets(GENERAL)
SELECTION_FILES = ["scores.parquet", "predictions.parquet", "choice.json", "record.json"]


def encoder_files(name):
    """Return the files of a source encoder that other jobs read."""
    folder, imported = LAYOUT.encoder(name), GENERAL.encoders[name].imported
    own = [folder / "record.json"] + ([] if imported else [folder / "model.safetensors"])
    return own + ([imported.path] if imported else [])


def general_faces(dataset):
    """Return the summary of a data set's faces: it changes when they do."""
    return LAYOUT.faces(dataset, GENERAL_CROP) / "store.json"


def embedding_files(dataset):
    """Return the stored embeddings of a data set, by all encoders."""
    shards = range(SETTINGS.datasets[dataset].shards)
    return [
        LAYOUT.embeddings(dataset, name) / f"shard-{shard}.npy"
        for name in GENERAL.encoders
        for shard in shards
    ]


def student_models(kinds=GENERAL.students):
    """Return the models of some students, or of all."""
    return [LAYOUT.student(kind, seed) / "model.safetensors" for kind in kinds for seed in SETTINGS.seeds]


def network_jobs():
    """Return the approaches whose networks a job of its own trains: a name -> its role and approach."""
    return {
        f"{role}_{approach}": (role, [approach])
        for role in ("target", "source")
        for approach in approaches_of(role)
        if approach != "frozen"
    }


def approaches_of(role):
    """Return the folders of predictions that knowledge of a role has."""
    items = [KNOWLEDGE[name] for name in names_of(role)]
    return prediction_folders(GENERAL, items[0]) if items else []


def solving_jobs():
    """Return the kinds of jobs that solve a piece of knowledge: a name -> role, knowledge and priority.

    One that leaves out person after person takes longest and comes first: no core waits for it.
    """
    persons = [name for name, item in KNOWLEDGE.items() if item.protocol == "leave_one_out"]
    kinds = {
        "persons": ("target", persons, 9),
        "target": ("target", [name for name in TARGETS if name not in persons], 7),
        "source": ("source", names_of("source"), 7),
    }
    return {name: kind for name, kind in kinds.items() if kind[1]}


def names_of(role):
    """Return the names of the knowledge of a role."""
    return [name for name, item in KNOWLEDGE.items() if item.role == role]


def of_knowledge(find):
    """Return an input function that calls ``find`` with the knowledge of the wildcard."""
    return lambda wildcards: find(KNOWLEDGE[wildcards.knowledge])


def network_inputs(approaches):
    """Return an input function that gives the models which a job's networks start from."""
    models = student_models([kind for kind in GENERAL.students if f"h_{kind}_tuned" in approaches])

    def find(wildcards):
        if "p_cnn" not in approaches:
            return models
        encoders = [file for name in GENERAL.encoders for file in encoder_files(name)]
        return [*models, *encoders, LAYOUT.selection(wildcards.knowledge) / "choice.json"]

    return find


def describe_knowledge(wildcards):
    """Return a piece of knowledge and what all its approaches depend on."""
    return {
        "knowledge": KNOWLEDGE[wildcards.knowledge].solved().model_dump(),
        "head": GENERAL.head.model_dump(),
        "seeds": SETTINGS.seeds,
        "precision": SETTINGS.compute.precision,
    }


def describe_networks(wildcards):
    """Return what networks trained on a target depend on besides."""
    return describe_knowledge(wildcards) | {
        "student": GENERAL.student.model_dump(),
        "augment": GENERAL.augment.model_dump(),
    }


def describe_encoders():
    """Return the encoders' sizes: what reads their embeddings depends on these."""
    return {name: encoder.embedding for name, encoder in GENERAL.encoders.items()}


def describe_students():
    """Return the settings that students depend on."""
    return {
        "student": GENERAL.student.model_dump(exclude={"tuning"}),
        "augment": GENERAL.augment.model_dump(),
        "hidden": GENERAL.fusion.hidden,
        "precision": SETTINGS.compute.precision,
    }
