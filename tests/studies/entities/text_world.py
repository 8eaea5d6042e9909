"""A tiny world of text: sentences of a few words, in which a name's ending tells its type."""

from functools import partial

import numpy as np
import pandas as pd

from engram.config import load_settings
from engram.core.lineage import Lineage
from engram.data.splitting import make_split, write_split
from engram.data.text.store import write_text
from engram.data.text.tags import Span, tags_of
from engram.studies.entities.evaluate_step import evaluate_text_models
from engram.studies.entities.jobs.stages import EntitiesStageParams, entities_evaluation, entities_workplace
from engram.studies.entities.train_step import train_text_stages
from engram.studies.lineage.jobs import stage_spec
from engram.training.launch import launch_step
from tests.conftest import read_config
from tests.studies.stage_runs import in_folder

#: Text -> its kind, and which endings it annotates as which type.
TEXTS = {
    "general": ("language", {}),
    "genes": ("entities", {"ase": "gene"}),
    "chemicals": ("entities", {"idol": "chemical"}),
    "diseases": ("entities", {"itis": "disease"}),
    "pos": ("tokens", {}),
}
ENDINGS = ("ase", "idol", "itis")

STRATEGIES = {
    "BL": ["source.base"],
    "ST": ["target.base"],
    "FC": ["source.base", "target.head"],
    "RE": ["source.base", "target.tune"],
    "FU": ["source+target.unified"],
    "FU-masked": ["source+target.masked"],
    "Replay": ["source.base", "target.replay"],
    "LwF": ["source.base", "target.lwf"],
    "EWC": ["source.base", "target.ewc"],
    "L2-SP": ["source.base", "target.l2sp"],
    "MTM": ["source+target.turns"],
    "MTL-BC": ["source+target.mixed"],
    "Longer": ["source+target.longer"],
    "MTL-LBC": ["source+target.mixed_lm"],
    "+POS": ["source+target+pos.mixed"],
    "Dependent": ["pos.base", "target.tune"],
    "LM1": ["general.language", "target.tune"],
    "Words": ["general.words", "target.tune"],
    "Sentences": ["general.sentences", "target.tune"],
    "Chain": ["general.language", "genes+chemicals.mixed", "target.tune"],
    "Dict-PIET": ["target.piet"],
    "Dict-PDET": ["target.pdet"],
    "Dict-ngram": ["target.ngram"],
}

BRIEF = {"epochs": 2, "patience": 2, "batch_size": 8, "learning_rate": 0.01}
RECIPES = {
    "base": {},
    "head": {"layers": "head"},
    "tune": {},
    "unified": {"labels": "unified"},
    "masked": {"labels": "masked"},
    "replay": {"replay": 0.2},
    "lwf": {"distillation": 1.0},
    "ewc": {"elastic": 100.0, "fisher_samples": 8},
    "l2sp": {"l2_sp": 0.1},
    "turns": {"sampling": "turns", "labels": "unified", "epochs": 4, "patience": 4},
    "mixed": {"keep_test_curve": True, "clip": 1.0, "averaging": 0.9},
    "longer": {"epochs": 10, "patience": 10, "learning_rate": 0.04},
    "mixed_lm": {"network": "lbc", "language_model": 1.0},
    "language": {"network": "bert", "objective": "words+sentences"},
    "words": {"network": "bert", "objective": "words"},
    "sentences": {"network": "bert", "objective": "sentences"},
    "piet": {"dictionary": {"features": "piet"}},
    "pdet": {"dictionary": {"features": "pdet", "place": "beside", "texts": ["genes"]}},
    "ngram": {"dictionary": {"features": "ngram"}},
    "pair_steps": {"steps": 5},
    "pair_passes": {},
}
NETWORKS = {
    "bilstm": {"encoder": "bilstm", "words": 8, "characters": 6, "filters": 8, "units": 8},
    "lbc": {"encoder": "lstm", "words": 8, "characters": 6, "character_units": 8, "units": 8},
    "bert": {"encoder": "bert", "size": 8, "layers": 1, "hidden": 16, "characters": 6, "filters": 8},
}


def make_config(**entities):
    """Return the smoke configuration with the texts and the study of this world."""
    config = read_config("smoke")
    config["compute"] = {"device": "cpu", "precision": "fp32", "checkpoint_seconds": 0.0}
    config["texts"] = {
        name: {
            "title": name,
            "reader": "drawn",
            "drawn": {"look": name, "documents": 20},
            "kind": kind,
            "split": {"validation": 0.2, "test": 0.25},
        }
        for name, (kind, _) in TEXTS.items()
    }
    config["entities"] = {
        "networks": NETWORKS,
        "transfers": [{"source": "genes", "targets": ["diseases"]}],
        "fractions": [100],
        "strategies": list(STRATEGIES),
        "strategy": {name: {"stages": stages} for name, stages in STRATEGIES.items()},
        "recipe": {name: {**BRIEF, **recipe} for name, recipe in RECIPES.items()},
        **entities,
    }
    return config


def make_settings(**entities):
    """Return the settings of this world."""
    return load_settings(make_config(**entities))


def manifest_of(name, documents=20, sentences=4):
    """Return the manifest of a made-up text: names end in what tells their type, and come in pairs."""
    rng = np.random.default_rng(len(name))
    kind, types = TEXTS[name]
    rows = []
    for document in range(documents):
        names = [f"{stem}{ENDINGS[rng.integers(3)]}" for stem in rng.choice(["ab", "cor", "mel", "tu"], 2)]
        for place in range(sentences):
            tokens = ["the", str(rng.choice(names)), "binds", "and", names[0], str(rng.choice(["now", "."]))]
            tokens = tokens[: rng.integers(3, 7)]
            found = [
                Span(types[ending], at, at + 1)
                for at, word in enumerate(tokens)
                for ending in ENDINGS
                if word.endswith(ending) and ending in types
            ]
            tags = tags_of(found, len(tokens))
            if kind == "tokens":
                tags = ["NOUN" if word.endswith(ENDINGS) else "OTHER" for word in tokens]
            rows.append(
                {
                    "sentence": f"all:{len(rows)}",
                    "subject": f"{name}-{document}",
                    "official_split": None,
                    "x_sentence": place,
                    "tokens": tokens,
                    "tags": None if kind == "language" else tags,
                }
            )
    return pd.DataFrame(rows)


def write_world(settings, layout):
    """Store and split all texts of the world."""
    for name, text in settings.texts.items():
        store = write_text(layout.text(name), manifest_of(name), text.kind)
        write_split(layout.split(name), make_split(store.index, text.split, None, name))


def run_stages(world, names, seeds=(1,)):
    """Train some lineages for some seeds."""
    settings, layout = in_folder(*world), world[1]
    params = partial(EntitiesStageParams.from_settings, settings)
    members = list(map(Lineage.parse, names))
    spec = stage_spec(entities_workplace(settings, layout), "family", members, list(seeds), params)
    launch_step(train_text_stages, *spec.fill(), threads=1, code="code")


def run_evaluation(world, dataset, names, seeds=(1,)):
    """Evaluate some models on a text."""
    settings, layout = in_folder(*world), world[1]
    inputs, outputs, params = entities_evaluation(settings, layout).fill(dataset=dataset)
    inputs.models = [layout.of_study("entities").model(name, seed) for name in names for seed in seeds]
    params = params.model_copy(update={"lineages": list(names), "seeds": list(seeds)})
    evaluate_text_models(inputs, outputs, params, threads=1, code="code")
