"""What the looks of science share: organs, cells, processes, and how results are put."""

from __future__ import annotations

from engram.data.synthetic.text.looks._look import lines

__all__ = ["FIXED", "LEADS", "PHRASES", "THEMES"]

_ORGANS = """
liver | hepatic | hepatocytes | stellate cells | liver biopsies
kidney | renal | podocytes | tubular cells | kidney biopsies
heart | cardiac | cardiomyocytes | cardiac fibroblasts | myocardial samples
lung | pulmonary | pneumocytes | alveolar macrophages | lung tissue samples
brain | cerebral | cortical neurons | astrocytes | samples of cerebrospinal fluid
skin | cutaneous | keratinocytes | dermal fibroblasts | skin biopsies
bone | skeletal | osteoblasts | osteoclasts | bone marrow samples
colon | intestinal | epithelial cells | goblet cells | stool samples
retina | retinal | photoreceptors | glial cells | retinal sections
muscle | muscular | myotubes | satellite cells | muscle biopsies
pancreas | pancreatic | islet cells | acinar cells | pancreatic tissue samples
spleen | splenic | B lymphocytes | dendritic cells | blood samples
"""

#: One organ a document, with its adjective, its cells, other cells of it, and what is taken of patients.
THEMES = tuple(
    dict(
        zip(
            ("organ", "organic", "cells", "othercells", "samples"),
            map(str.strip, line.split("|")),
            strict=True,
        )
    )
    for line in lines(_ORGANS)
)

#: What a document speaks of throughout.
FIXED = ("process", "assay", "country", "region")

PHRASES = {
    "process": lines(
        """
        apoptosis
        autophagy
        cell migration
        cell adhesion
        cell division
        wound healing
        vesicle transport
        protein folding
        signal transduction
        tissue repair
        immune tolerance
        membrane fusion
        """
    ),
    "assay": lines(
        """
        Western blotting
        flow cytometry
        mass spectrometry
        quantitative PCR
        confocal microscopy
        RNA sequencing
        gel electrophoresis
        """
    ),
    "country": (
        "northern Europe",
        "western Africa",
        "southern India",
        "central Chile",
        "eastern Canada",
        "rural Japan",
    ),
    "region": (
        "a salt marsh",
        "an alpine lake",
        "a coastal river",
        "a tropical forest",
        "a hot spring",
        "a disused mine",
        "a tidal estuary",
    ),
    "raised": ("increased", "enhanced", "elevated", "augmented", "upregulated"),
    "lowered": ("reduced", "decreased", "diminished", "suppressed", "attenuated", "impaired"),
    "raises": ("increases", "enhances", "promotes", "stimulates", "induces", "regulates"),
    "lowers": ("reduces", "decreases", "suppresses", "inhibits", "attenuates", "blocks"),
    "much": ("markedly", "strongly", "significantly", "slightly", "moderately", "about #fold"),
    "found": ("found", "observed", "noted"),
    "suggest": (
        "suggest/VBP",
        "indicate/VBP",
        "show/VBP",
        "support the idea",
        "demonstrate/VBP",
        "imply/VBP",
    ),
    "ours": (
        "these results",
        "these data",
        "our findings",
        "taken together , these results",
        "our observations",
        "the present data",
    ),
    "rarely": ("rare", "severe", "progressive", "fatal", "hereditary", "poorly understood"),
    "however": ("however ,", "in contrast ,", "unexpectedly ,", "by contrast ,", "surprisingly ,"),
    "also": ("moreover ,", "in addition ,", "furthermore ,", "consistently ,", "of note ,", "", "", ""),
    "controls": (
        "controls",
        "healthy controls",
        "age-matched controls",
        "healthy volunteers",
        "untreated controls",
    ),
}

LEADS = lines(
    """
    {under these conditions|in this setting|in our hands} ,
    {as expected|as reported before|as in earlier work} ,
    in {both|all|#few} {series|experiments|cohorts} ,
    in a {second|separate|larger} {series|cohort|experiment} ,
    to our {surprise|knowledge} ,
    """
)
