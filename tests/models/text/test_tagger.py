"""Taggers: size, heads, frozen encoder, new words, files."""

import json

import pytest
import torch
from safetensors.torch import save_file

from engram.core.errors import CheckpointError, ConfigurationError, TextError
from engram.data.text.tags import TagSet
from engram.models.text.batch import sentences_of
from engram.models.text.files import load_tagger, save_tagger
from engram.models.text.tagger import new_tagger
from engram.models.text.vocabulary import Vocabulary

_SMALL = {"encoder": "bilstm", "words": 6, "characters": 4, "filters": 5, "widths": [2, 3], "units": 4}
_GENES, _POS = TagSet(("gene",)), TagSet.of_tokens(("NN", "VB"))
_WORDS = [["The", "BRCA1", "gene", "mutates"], ["Yes"]]


def _tagger(**settings):
    torch.manual_seed(0)
    tagger = new_tagger({**_SMALL, **settings}, Vocabulary(("the", "gene")))
    tagger.add_head("genes", _GENES)
    return tagger.eval()


def test_the_yardstick_has_its_parameters():
    """Two directions of 128, 50 filters, words of 100: counted from the layers' definitions."""
    tagger = new_tagger({"encoder": "bilstm"}, Vocabulary(tuple(f"w{n}" for n in range(997))))
    tagger.add_head("diseases", TagSet(("disease",)))
    words, byte, filters = 1000 * 100, 257 * 30, 50 * (30 * 3 + 1)
    lstm = 2 * 4 * (128 * (150 + 128) + 2 * 128)
    head = 5 * (256 + 1) + 5 * 5 + 5 + 5  # IOBES
    assert sum(p.numel() for p in tagger.parameters()) == words + byte + filters + lstm + head


@pytest.mark.parametrize("place", ["input", "beside"])
def test_a_sentence_is_encoded_alike_in_every_batch(place):
    """Neither longer sentences beside it nor longer words change a sentence."""
    tagger = _tagger(dictionary=2, place=place)
    together = sentences_of(_WORDS, tagger.vocabulary)
    alone = sentences_of(_WORDS[1:], tagger.vocabulary)
    torch.manual_seed(1)
    features = torch.rand(2, 4, 2)
    one = tagger.encode(together._replace(dictionary=features))[1, :1]
    other = tagger.encode(alone._replace(dictionary=features[1:, :1]))[0]
    torch.testing.assert_close(one, other)


def test_dictionary_features_that_do_not_fit_are_refused():
    """A network without dictionaries reads none, one with two features reads two."""
    for tagger in (_tagger(), _tagger(dictionary=3)):
        batch = sentences_of(_WORDS, tagger.vocabulary)._replace(dictionary=torch.rand(2, 4, 2))
        with pytest.raises(TextError, match="but the sentences have 2"):
            tagger.encode(batch)


@pytest.mark.parametrize("layers", ["all", "head"])
def test_prefix_and_rest_are_the_whole(layers):
    """Cached encodings lead to the same emissions."""
    tagger = _tagger()
    batch, depth = sentences_of(_WORDS, tagger.vocabulary), tagger.frozen_depth(layers)
    torch.testing.assert_close(tagger(tagger.prefix(batch, depth), "genes", depth), tagger(batch, "genes"))


def test_a_frozen_encoder_neither_learns_nor_drops():
    """Only the head has gradients; training encodes as evaluation does."""
    tagger = _tagger()
    tagger.freeze(tagger.frozen_depth("head"))
    assert {name.split(".")[0] for name, p in tagger.named_parameters() if p.requires_grad} == {"heads"}
    batch = sentences_of(_WORDS, tagger.vocabulary)
    encoded = tagger.encoder(batch)
    assert torch.equal(tagger.train().encoder(batch), encoded)
    with pytest.raises(ConfigurationError, match="conv"):
        tagger.frozen_depth("conv")


def test_a_new_head_leaves_the_old_one_as_it_is():
    """What an earlier level learnt can still be asked for."""
    tagger = _tagger()
    before = tagger.head("genes").emission.weight.clone()
    tagger.add_head("pos", _POS)
    tagger.add_head("genes", TagSet(("other",)))
    assert tagger.tasks == {"genes": _GENES, "pos": _POS}
    assert torch.equal(tagger.head("genes").emission.weight, before)


def test_new_words_change_no_known_sentence():
    """Words of a later stage: a sentence without them is encoded as before."""
    tagger = _tagger()
    known = [["the", "gene"]]
    before = tagger.encode(sentences_of(known, tagger.vocabulary))
    assert tagger.extend(["BRCA1", "the"]) == 1
    assert torch.equal(tagger.encode(sentences_of(known, tagger.vocabulary)), before)


def test_tags_found_are_always_valid():
    """Of random weights, too: every answer can be read as entities."""
    tagger = _tagger()
    torch.nn.init.normal_(tagger.head("genes").emission.weight, std=20)
    for row in tagger.decode(sentences_of(_WORDS * 20, tagger.vocabulary), "genes"):
        _GENES.decode(row)


def test_a_file_gives_the_tagger_back(tmp_path):
    """The same bytes from the same tagger; words, heads and the data sets that they cover."""
    tagger = _tagger(dictionary=2, place="beside")
    tagger.add_head("chemicals+genes", TagSet(("chemical", "gene")), ("chemicals", "genes"))
    tagger.extend(["p53"])
    save_tagger(tmp_path / "one.safetensors", tagger)
    loaded = load_tagger(tmp_path / "one.safetensors", {"encoder": "bilstm", "units": 4}).eval()
    save_tagger(tmp_path / "two.safetensors", loaded)
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
    assert (loaded.tasks, loaded.vocabulary) == (tagger.tasks, tagger.vocabulary)
    assert loaded.covers == {"genes": ("genes",), "chemicals+genes": ("chemicals", "genes")}
    batch = sentences_of(_WORDS, tagger.vocabulary)._replace(dictionary=torch.rand(2, 4, 2))
    assert torch.equal(loaded(batch, "chemicals+genes"), tagger(batch, "chemicals+genes"))


def test_another_network_than_configured_is_refused(tmp_path):
    """The message says what was found and what is asked for; a face network is no tagger."""
    save_tagger(tmp_path / "model.safetensors", _tagger())
    with pytest.raises(CheckpointError, match="units 4, but the configuration asks for 64"):
        load_tagger(tmp_path / "model.safetensors", {"units": 64})
    header = json.dumps({"network": {}, "heads": {}})
    save_file({"a": torch.zeros(1)}, tmp_path / "face.safetensors", {"engram": header})
    with pytest.raises(CheckpointError, match="no tagger"):
        load_tagger(tmp_path / "face.safetensors")


def test_a_file_with_other_weights_is_one_clear_error(tmp_path):
    """A header that asks for more words than there are weights."""
    tagger = _tagger()
    path = tmp_path / "model.safetensors"
    header = {"tagger": tagger.settings, "words": list("abcde"), "heads": {}}
    save_file(tagger.state_dict(), path, {"engram": json.dumps(header)})
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        load_tagger(path)
