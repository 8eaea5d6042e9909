"""Tables and claims of levels: known scores of both domains give known rows and verdicts."""

import pandas as pd
import pytest

from engram.core.errors import PredictionsError
from engram.reporting.claims import read_claims
from engram.reporting.judging import judge
from engram.reporting.questions import read_questions
from engram.runtime.job_spec import JobFiles
from engram.statistics.span_predictions import read_span_predictions
from engram.studies.levels.claims import CLAIMS_FILE, judge_claims, levels_basis
from engram.studies.levels.collect import Evidence
from engram.studies.levels.tables import TABLES, load_table
from engram.studies.levels.tables_step import write_tables
from tests.studies.levels.conftest import LEARNT, LOST, ON_TARGET, SEEDS, evidence_of


@pytest.fixture(scope="module")
def both(saved):
    return evidence_of(saved, "memory", "entities")


@pytest.fixture(scope="module")
def judged(both):
    return judge(read_claims(CLAIMS_FILE), levels_basis(both))


def test_each_chain_has_its_score_and_its_gain_over_the_target_alone(both):
    frame = load_table("levels_transfer").frame(both)
    assert len(frame) == 9
    for row in frame.itertuples():
        assert row.score == pytest.approx(ON_TARGET[row.chain])
        assert row.low <= row.score <= row.high
        if row.chain == "none":
            assert pd.isna(row.gain)
        else:
            assert row.gain == pytest.approx(ON_TARGET[row.chain] - ON_TARGET["none"])
            assert row.gain_low <= row.gain <= row.gain_high
        assert (row.test_subjects, row.seeds) == (20, 3)
    assert set(frame["measure"]) == {"accuracy", "F1"}


def test_each_level_has_what_was_forgotten_of_it(both):
    frame = load_table("levels_forgetting").frame(both)
    # Chains of faces have 0, 1, 1, 2 and 2 levels before; of texts 0, 2, 3 and 4 data sets in them.
    assert len(frame) == 6 + 9
    for row in frame.itertuples():
        assert row.learned == pytest.approx(LEARNT)
        assert row.final == pytest.approx(LEARNT - LOST[row.behind])
        assert row.forgetting == pytest.approx(LOST[row.behind])
        assert row.forgetting_low <= row.forgetting <= row.forgetting_high


@pytest.mark.parametrize("table", TABLES)
def test_domains_stand_side_by_side(both, table):
    view = load_table(table).view(load_table(table).frame(both), both)
    heads = {head[0].partition(",")[0] for head in view.header}
    assert heads == {"", "expression", "named entities"}
    assert all(len(row) == len(view.header) for row in view.rows)
    assert any("could not be read" in note for note in view.notes)


def test_claims_are_judged_over_both_domains(judged):
    words = judged.summary.set_index("claim")
    for claim in ("levels_help", "two_levels_beat_one", "forgetting_grows_with_distance"):
        assert words.loc[claim, "average"] == "holds", claim
    assert words.loc["three_levels_beat_two", "effect"] == pytest.approx(66 - 70)
    assert words.loc["order_matters", "effect"] == pytest.approx(70 - 62)
    assert words.loc["third_level_is_forgotten_most", "effect"] == pytest.approx(34 - 20)
    # Faces have no three levels, texts no exchanged order: half of the comparisons are not tested.
    for claim in ("three_levels_beat_two", "order_matters"):
        assert words.loc[claim, ["tested", "comparisons"]].tolist() == [1, 2]


def test_every_claim_compares_values_of_one_domain(judged):
    assert set(judged.comparisons["domain"]) == {"expression", "named entities"}
    tested = judged.comparisons.dropna(subset="difference")
    assert (tested["left"] != tested["right"]).all()


@pytest.mark.parametrize("study", ["memory", "entities"])
def test_one_domain_is_enough(saved, study, tmp_path):
    evidence = evidence_of(saved, study)
    for name in TABLES:
        load_table(name).write(evidence, tmp_path / name)
        assert (tmp_path / f"{name}.csv").exists()
    summary = judge(read_claims(CLAIMS_FILE), levels_basis(evidence)).summary.set_index("claim")
    assert summary.loc["levels_help", "average"] == "holds"


def test_the_jobs_write_all_files(both, tmp_path):
    pages = [tmp_path / f"{name}.html" for name in TABLES]
    write_tables(both.files, JobFiles(pages=pages), both.settings)
    judge_claims(both.files, JobFiles(page=[tmp_path / "claims_levels.html"]), both.settings)
    made = {path.name for path in tmp_path.iterdir()}
    assert made >= {f"{name}.{form}" for name in TABLES for form in ("csv", "md", "html", "tex")}
    assert made >= {"claims_levels.csv", "claims_levels_comparisons.csv", "claims_levels.md"}


def test_questions_name_claims_and_tables_that_there_are():
    questions = read_questions(CLAIMS_FILE.with_name("questions.yaml")).questions
    claims = {claim.id for claim in read_claims(CLAIMS_FILE).claims}
    assert {name for question in questions for name in question.claims} == claims
    assert {name for question in questions for name in question.tables} == set(TABLES)


def test_missing_or_doubled_answers_of_texts_are_refused(saved, tmp_path):
    frame = pd.read_parquet(saved["entities"]["diseases"])
    model = str(frame["lineage"].iloc[0])
    for damaged, said in (
        (frame.iloc[1:], "predictions where others have"),
        (pd.concat([frame, frame.iloc[:1]]), "predicted twice by one model"),
        (frame[frame["seed"] != 3], "the settings say"),
        (frame[frame["lineage"] != model], "no predictions of model"),
        (frame.drop(columns="truth"), "truth"),
    ):
        path = tmp_path / "predictions.parquet"
        damaged.to_parquet(path)
        with pytest.raises(PredictionsError, match=said):
            read_span_predictions(path, "diseases", SEEDS, [model])


def test_domains_of_different_seeds_are_compared_by_those_that_both_have(both, tmp_path):
    """More seeds for faces: the tables count them all, the claims as many as there are for text."""
    faces, text = both.settings.domains
    count, files = len(faces.tasks), []
    for number, file in enumerate(both.files.predictions[count:]):
        frame = pd.read_parquet(file)
        files.append(tmp_path / f"{number}.parquet")
        frame[frame["seed"] < 3].to_parquet(files[-1])
    fewer = both.settings.model_copy(update={"domains": [faces, text.model_copy(update={"seeds": [1, 2]})]})
    cut = Evidence(fewer, JobFiles(predictions=[*both.files.predictions[:count], *files]))
    model = str(cut.domains[0].chains[0].lineage)
    assert cut.domains[0].on_target.of(model).n_seeds == 3
    for domain in cut.comparable:
        assert {domain.on_target.of(str(chain.lineage)).n_seeds for chain in domain.chains} == {2}
    assert "first 2 seeds" in levels_basis(cut).note
