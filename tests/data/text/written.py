"""Random documents, and how each layout writes them."""

from hypothesis import strategies as st

from engram.data.text.tags import Span, tags_of

TYPES = ("Chemical", "gene-or-protein", "体")
#: Words as texts have them; none looks like a separator of a layout.
WORDS = st.one_of(
    st.sampled_from(["p53", "the", "-", ".", "BRCA-1", "Größe", "ген", "右", "O", "B-x", "#", "\u2028a"]),
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=6).filter(
        lambda word: not word.startswith(("-DOCSTART-", "###MEDLINE:"))
    ),
)


@st.composite
def sentences(draw, words=WORDS):
    """Return tokens and the entities among them."""
    tokens = draw(st.lists(words, min_size=1, max_size=8))
    found, place = [], 0
    while place < len(tokens):
        place += draw(st.integers(0, 3))
        end = place + draw(st.integers(1, 3))
        if end > len(tokens):
            break
        found.append(Span(draw(st.sampled_from(TYPES)), place, end))
        place = end
    return tokens, found


def documents(words=WORDS):
    """Return names of documents with their sentences."""
    return st.lists(st.lists(sentences(words), min_size=1, max_size=3), min_size=1, max_size=4).map(
        lambda found: {f"doc{number}": document for number, document in enumerate(found)}
    )


def iob2(sentence):
    """Return the tokens and tags of a sentence."""
    tokens, found = sentence
    return tokens, tags_of(found, len(tokens))


def iobes(tags):
    """Return tags in IOB2 as IOBES, written apart from the package."""
    out = []
    for here, after in zip(tags, [*tags[1:], "O"], strict=True):
        goes_on = after == f"I-{here[2:]}"
        letter = {("B", False): "S", ("B", True): "B", ("I", False): "E", ("I", True): "I"}
        out.append(here if here == "O" else letter[here[0], goes_on] + here[1:])
    return out


def bilou(tags):
    """Return tags in IOB2 as BILOU, written apart from the package."""
    return [{"E": "L", "S": "U"}.get(tag[0], tag[0]) + tag[1:] for tag in iobes(tags)]


def bmes(tags):
    """Return tags in IOB2 as BMES, written apart from the package."""
    return ["M" + tag[1:] if tag[0] == "I" else tag for tag in iobes(tags)]


def iob1(tags):
    """Return tags in IOB2 as IOB1, written apart from the package."""
    out = []
    for before, here in zip(["O", *tags], tags, strict=False):
        needed = here[:1] == "B" and before != "O" and before[2:] == here[2:]
        out.append(here if here == "O" else ("B" if needed else "I") + here[1:])
    return out
