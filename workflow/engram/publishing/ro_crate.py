"""A run as an RO-Crate: one folder and one archive that say what is in them, for a journal or an archive.

Everything that is published but the models: configuration, records, predictions, tables, figures,
claims and cards, with the code's version, the environment and the terms of the data. The folder
`results` in it is a published folder: put into `published/<name>`, tables and figures can be rebuilt.
"""

from __future__ import annotations

import mimetypes
import shutil
import zipfile
from pathlib import Path
from typing import Any

from engram.config import DatasetSettings, Settings, TextSettings
from engram.core.files import atomic_path, file_hash
from engram.publishing.code_version import CodeVersion, code_version
from engram.publishing.jobs import BundleParams
from engram.publishing.places import CONFIGURATION
from engram.publishing.publish import copy_results
from engram.runtime.job_spec import NamedFiles
from engram.studies.entities.jobs.evidence import entities_texts
from engram.studies.general.plan import general_datasets
from engram.studies.lineage.trials import datasets_in_use

__all__ = ["METADATA", "bundle"]

#: Describes everything in the folder.
METADATA = "ro-crate-metadata.json"
#: The newest that both archives and the tools of workflow hubs read.
_SPECIFICATION = "1.2"
_RESULTS = "results"
_REQUIREMENTS = "environment/requirements.txt"
_MIT = "https://spdx.org/licenses/MIT"
#: Of the standard library's own list, whatever the machine knows besides.
_MEDIA_TYPES = mimetypes.MimeTypes(filenames=())
for _ending, _type in {
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".tex": "application/x-tex",
    ".yaml": "application/yaml",
}.items():
    _MEDIA_TYPES.add_type(_type, _ending)
#: Study -> its papers: an address, or where none is known for certain a name in the crate, and the title.
_PAPERS = {
    "memory": {
        "https://arxiv.org/abs/1905.12082": "Memory Integrity of CNNs for Cross-Dataset Facial Expression "
        "Recognition",
    },
    "general": {
        "https://arxiv.org/abs/1911.03222": "Towards a General Model of Knowledge for Facial Analysis by "
        "Multi-Source Transfer Learning",
    },
    "entities": {
        "#crichton-2017": "Crichton et al., BMC Bioinformatics 18:368 (2017)",
        "#hung-2021": "Hung and Chang, Applied Soft Computing 109, 107491 (2021)",
    },
}


def bundle(inputs: NamedFiles, outputs: NamedFiles, params: BundleParams) -> None:
    """Write a finished run as an RO-Crate, a folder and the same as a ZIP archive.

    The same results and code give the same bytes, as far as the compression's version is the same:
    times are the commit's.

    Parameters
    ----------
    inputs
        Those of `engram.publishing.inputs.publish_inputs`; ``repository``, files at the root of the workflow,
        and ``environment``, files of its folder ``envs``, go along.
    outputs
        ``metadata``, in a folder that is replaced, and ``archive``.

    Raises
    ------
    PublishingError
        If a result is not there.
    """
    folder, archive = Path(outputs.metadata).parent, Path(outputs.archive)
    along = {Path(path).name: path for path in inputs.repository}
    along |= {f"environment/{Path(path).name}": path for path in inputs.environment}
    version = code_version(Path(inputs.repository[0]).resolve().parent)
    shutil.rmtree(folder, ignore_errors=True)
    copy_results(inputs, params, folder / _RESULTS, models=False)
    (folder / "environment").mkdir()
    for place, source in along.items():
        shutil.copyfile(source, folder / place)
    _describe(params.configuration, folder, version)
    with atomic_path(archive) as temporary:
        _pack(folder, temporary, version)


def _describe(settings: Settings, folder: Path, version: CodeVersion) -> None:
    """Write the metadata: every file with its size, hash and format, and how they came to be."""
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=_SPECIFICATION)
    licence = _add(crate, _MIT, "CreativeWork", name="MIT License")
    files = {name: _add_file(crate, folder, name) for name in _names(folder)}
    papers = [
        _add(crate, address, "ScholarlyArticle", name=title)
        for study, listed in _PAPERS.items()
        if getattr(settings, study)
        for address, title in listed.items()
    ]
    names = sorted({*datasets_in_use(settings), *general_datasets(settings)})
    described: dict[str, DatasetSettings | TextSettings] = {name: settings.datasets[name] for name in names}
    described |= {name: settings.texts[name] for name in entities_texts(settings)}
    datasets = [_add_dataset(crate, name, chosen) for name, chosen in described.items()]
    made = {name: file for name, file in files.items() if name.startswith(_RESULTS)}
    configuration = made.pop(f"{_RESULTS}/{CONFIGURATION}")
    run = _add(
        crate,
        "#run",
        "CreateAction",
        name=f"Run of Engram with the configuration of {settings.results}",
        instrument=_add_software(crate, version, licence, files[_REQUIREMENTS]),
        object=[configuration, *datasets],
        result=[*made.values()],
    )
    about: dict[str, Any] = {
        "name": f"Engram: {settings.results}",
        "description": "Records, predictions, tables, figures and checked claims of a run of Engram. Models "
        "are not included. The data sets' own terms, named with each, hold for what is derived from them.",
        "datePublished": version.date.date().isoformat(),
        "license": licence,
        "citation": papers,
        "mentions": [run, *datasets],
    }
    for name, value in about.items():
        crate.root_dataset[name] = value
    crate.write(folder)


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _add(crate: Any, identifier: str, kind: str, /, **properties: Any) -> Any:
    from rocrate.model.contextentity import ContextEntity

    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _add_file(crate: Any, folder: Path, name: str) -> Any:
    path = folder / name
    properties = {
        "name": path.name,
        "encodingFormat": _MEDIA_TYPES.guess_type(path.name)[0] or "text/plain",
        "contentSize": str(path.stat().st_size),
        "sha256": file_hash(path),
    }
    return crate.add_file(path, dest_path=name, properties=properties)


def _add_dataset(crate: Any, name: str, chosen: DatasetSettings | TextSettings) -> Any:
    """Describe a data set, which is not in the crate, and the terms of its owner."""
    if chosen.drawn is not None:
        terms = "Drawn by Engram's own code; of no real person or text. MIT."
    else:
        terms = chosen.source or "Not named in the configuration; ask the data set's owner."
    licence = _add(
        crate, f"#terms-{name}", "CreativeWork", name=f"Terms of {chosen.title}", description=terms
    )
    return _add(
        crate, f"#dataset-{name}", "CreativeWork", name=chosen.title, identifier=name, license=licence
    )


def _add_software(crate: Any, version: CodeVersion, licence: Any, requirements: Any) -> Any:
    return _add(
        crate,
        "#engram",
        "SoftwareApplication",
        name="Engram",
        version=version.release,
        softwareVersion=version.commit or "no commit known",
        softwareRequirements=requirements,
        license=licence,
    )


def _pack(folder: Path, archive: Path, version: CodeVersion) -> None:
    """Write a ZIP archive whose bytes depend on names and contents alone."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in _names(folder):
            entry = zipfile.ZipInfo(name, version.date.timetuple()[:6])
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, (folder / name).read_bytes())
