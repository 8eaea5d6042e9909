"""Which texts are compared, and which pairs a run refuses to overlap."""

from engram.core.paths import Layout
from engram.studies.entities.jobs.overlap import entities_overlap, entities_overlap_check, trained_and_tested
from engram.studies.entities.jobs.stages import entities_datasets
from tests.studies.entities.text_world import make_settings

LAYOUT = Layout()


def pairs_of(**changes):
    return set(trained_and_tested(make_settings(**changes), LAYOUT))


def test_ancestors_partners_and_dictionaries_count_as_trained_on():
    pairs = pairs_of()
    # A child of a model of language; a joint model; a dictionary made of another text.
    assert {
        ("general", "diseases"),
        ("pos", "diseases"),
        ("genes", "diseases"),
        ("chemicals", "genes"),
    } <= pairs
    assert {("diseases", "diseases"), ("genes", "general")} <= pairs


def test_a_text_that_no_model_meets_is_no_pair():
    alone = pairs_of(strategies=["BL", "ST"], effects=None)
    assert alone == {("genes", "genes"), ("diseases", "diseases")}


def test_all_texts_are_compared_and_only_the_check_knows_what_is_allowed():
    settings = make_settings()
    spec, check = entities_overlap(settings, LAYOUT), entities_overlap_check(settings, LAYOUT)
    assert spec.params.texts == entities_datasets(settings)
    assert len(spec.inputs["splits"]) == len(spec.params.texts)
    assert spec.outputs["overlap"] == check.inputs["overlap"]
    allowed = make_settings(allow_overlap=[["genes", "diseases"]])
    assert entities_overlap(allowed, LAYOUT) == spec
    assert entities_overlap_check(allowed, LAYOUT).params.allowed == [("genes", "diseases")]
