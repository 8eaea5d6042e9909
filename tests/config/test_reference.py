"""The generated description of the settings is current and says everything."""

import jsonschema
import pytest

from engram.config import Settings
from engram.config.reference import FILES, settings_page
from tests.conftest import CONFIGURATIONS, ROOT, read_config


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_generated_files_are_current(path):
    """`make reference` was run after the last change of the settings."""
    assert path.read_text(encoding="utf-8") == FILES[path]()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_configuration_fits_the_schema(name):
    """Editors that know the schema accept what ships."""
    import json

    schema = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(read_config(name), schema)


def test_every_setting_is_explained():
    """No setting stands in the reference without its meaning."""
    for line in settings_page().splitlines():
        if line.startswith("| `") and line.count("|") == 5:
            assert line.rsplit("|", 2)[1].strip(), line
    assert all(f"`{name}`" in settings_page() for name in Settings.model_fields)
