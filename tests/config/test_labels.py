import pytest
from pydantic import ValidationError

from engram.config import LabelSettings, load_settings
from engram.config.base import JobParams
from engram.core import labels
from engram.core.labels import CLASSES, RANGES, class_index
from engram.data.images.readers import read_dataset
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from tests.conftest import read_config
from tests.data.images.miniatures import MINIATURES

EIGHT = [*labels.EXPRESSIONS, "contempt"]


@pytest.fixture
def use():
    """Return a function that sets label sets; the defaults are back after the test."""
    yield lambda **settings: LabelSettings(**settings).use()
    LabelSettings().use()


def test_the_defaults_change_nothing(use):
    """Without settings every task has the classes and ranges that it had."""
    use()
    assert CLASSES == labels.DEFAULT_CLASSES
    assert RANGES == labels.DEFAULT_RANGES


def test_named_tasks_change_and_the_others_do_not(use):
    """A second use starts from the defaults again."""
    use(classes={"expression": EIGHT}, ranges={"age": (0, 100)})
    assert (CLASSES["expression"], RANGES["age"]) == (tuple(EIGHT), (0, 100))
    assert class_index("expression", "contempt") == 7
    use(classes={"ethnicity": ["white", "indian"]})
    assert CLASSES["expression"] == labels.EXPRESSIONS
    assert CLASSES["ethnicity"] == ("white", "indian")


def test_a_job_s_parameters_carry_them(use):
    """What the planning process uses is in the parameters of each job, and there again after JSON."""
    assert JobParams(results="r").labels == LabelSettings()
    use(classes={"expression": EIGHT}, ranges={"pain": (0, 5)}, age_edges=[13, 35, 60])
    planned = JobParams(results="r").model_dump(mode="json")
    use()
    again = JobParams.model_validate(planned)
    again.labels.use()
    assert CLASSES["expression"] == tuple(EIGHT)
    assert RANGES["pain"] == (0, 5)
    assert labels.AGE_EDGES == [13, 35, 60]
    assert LabelSettings.in_use() == again.labels


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classes": {"mood": ["good", "bad"]}}, "mood"),
        ({"classes": {"expression": ["anger"]}}, "at least 2"),
        ({"classes": {"expression": ["anger", "anger"]}}, "a class stands there twice"),
        ({"classes": {"expression": ["anger", "Two words"]}}, "pattern"),
        ({"ranges": {"age": (10, 10)}}, "is not below 10"),
        ({"age_edges": [30, 20, 50]}, "ages must ascend"),
        ({"age_edges": [30]}, "1 edges part ages into 2 groups, but 'age_group' has 4 classes"),
    ],
)
def test_wrong_label_sets_are_refused(settings, message):
    """Unknown tasks, classes that are no set, ranges that are none, edges that do not fit."""
    with pytest.raises(ValidationError, match=message):
        LabelSettings(**settings)


def test_a_configuration_has_them():
    """As any other section."""
    config = read_config("smoke") | {"labels": {"classes": {"expression": EIGHT}}}
    assert load_settings(config).labels.classes == {"expression": EIGHT}


def test_contempt_is_a_label_where_the_label_set_has_it(tmp_path, use):
    """Then nothing is counted as unlabelled."""
    use(classes={"expression": EIGHT})
    frame = read_dataset("t", "tfeid", MINIATURES["tfeid"][1](tmp_path))
    assert (frame["expression"] == "contempt").sum() == 3
    assert frame["expression"].notna().all()
    assert "x_expression" not in frame


def test_objects_are_those_of_the_data_set(tmp_path, use):
    """Tiny ImageNet's classes in place of the drawn ones."""
    use(classes={"object": ["n01443537", "n02124075"]})
    frame = read_dataset("t", "tiny_imagenet", MINIATURES["tiny_imagenet"][1](tmp_path))
    assert frame["object"].value_counts().to_dict() == {"n01443537": 4, "n02124075": 4}


def test_drawn_faces_keep_what_the_label_sets_have(tmp_path, use):
    """Drawn labels are the defaults: another word is no error, and age groups follow the edges."""
    draw_dataset(DrawnSpec("lab", 4, 24, 64, seed=9), tmp_path)
    before = read_dataset("d", "drawn", tmp_path)
    use(classes={"expression": EIGHT[1:], "age_group": ["young", "old"]}, age_edges=[40])
    frame = read_dataset("d", "drawn", tmp_path)
    angry = before["expression"] == "anger"
    assert angry.any()
    assert frame["expression"].isna().equals(angry)
    assert frame["age_group"].tolist() == ["old" if age >= 40 else "young" for age in frame["age"]]
    assert frame.attrs["counts"] == {"unlabelled_anger": int(angry.sum())}


def test_age_groups_of_ages(tmp_path, use):
    """An edge begins a group; a data set that has ages alone gets groups, and only with edges."""
    root = MINIATURES["fgnet"][1](tmp_path)
    assert "age_group" not in read_dataset("f", "fgnet", root)
    use(classes={"age_group": ["0-2", "3-21", "22+"]}, age_edges=[3, 22])
    frame = read_dataset("f", "fgnet", root)
    assert dict(zip(frame["age"], frame["age_group"], strict=True)) == {
        **{2: "0-2", 0: "0-2", 3: "3-21", 16: "3-21"},
        **{22: "22+", 43: "22+"},
    }
