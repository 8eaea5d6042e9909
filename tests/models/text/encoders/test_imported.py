"""Imported BERTs: files that do not fit, and a tiny random one against transformers itself."""

import hashlib
import json
import sys

import pytest
import torch

from engram.core.errors import EncoderError
from engram.data.text.tags import TagSet
from engram.models.text.batch import sentences_of
from engram.models.text.encoders.imported import import_bert, read_bert
from engram.models.text.files import load_tagger, save_tagger
from engram.models.text.tagger import Tagger
from engram.models.text.vocabulary import Vocabulary
from engram.models.text.word_pieces import WordPieces

_PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "gene", "kin", "##ase", "##as", "##e", "-", "1", "cafe", "基"]
_CONFIG = {
    **{"model_type": "bert", "vocab_size": len(_PIECES), "hidden_size": 8, "num_hidden_layers": 2},
    **{"num_attention_heads": 2, "intermediate_size": 12, "max_position_embeddings": 16},
}
_WORDS = [["gene", "Kinase-1", "xyz"], ["Café"]]


@pytest.fixture
def transformers():
    """The package, where it is installed."""
    return pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")


@pytest.fixture
def folder(tmp_path):
    """A folder without usable weights."""
    (tmp_path / "config.json").write_text(json.dumps(_CONFIG), encoding="utf-8")
    (tmp_path / "vocab.txt").write_text("\n".join(_PIECES), encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    return tmp_path


@pytest.fixture
def bert(transformers, folder):
    """A tiny random BERT, its weights in the folder as `save_pretrained` names them, and their SHA-256."""
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = transformers.BertForMaskedLM(transformers.BertConfig(**_CONFIG)).eval()
    tied = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")
    weights = {name: value.clone() for name, value in model.state_dict().items() if name not in tied}
    save_file(weights, folder / "model.safetensors")
    return model.bert, _sha256(folder)


def _sha256(folder):
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_words_are_cut_into_the_longest_pieces():
    """In lower case without accents; punctuation and Chinese characters stand alone; else unknown."""
    pieces = WordPieces(_PIECES, lower=True)
    names = {
        word: [_PIECES[n] for n in pieces.ids(word)]
        for word in ("Kinase", "kinas-1", "CAFÉ", "基gene", "kinx")
    }
    assert names == {
        "Kinase": ["kin", "##ase"],
        "kinas-1": ["kin", "##as", "-", "1"],
        "CAFÉ": ["cafe"],
        "基gene": ["基", "gene"],
        "kinx": ["[UNK]"],
    }
    assert WordPieces(_PIECES, lower=False).ids("Gene") == [1]
    assert pieces.ids("") == [1]


def test_another_file_than_written_down_is_refused(folder):
    """The message gives the hash that was found."""
    with pytest.raises(EncoderError, match=f"is {_sha256(folder)}, but the configuration says 00"):
        read_bert(folder, "00")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vocab.txt", None, "vocab.txt: cannot be read"),
        ("vocab.txt", "a\nb", r"\[UNK\] is missing"),
        ("config.json", "{", "not JSON"),
        ("config.json", "[]", "not a JSON object"),
        ("config.json", '{"model_type": "gpt2"}', "model_type is gpt2"),
        ("other", "", "not a safetensors file"),
    ],
)
def test_a_folder_that_holds_no_bert_is_one_clear_error(folder, name, content, message):
    """Each names the file."""
    (folder / name).unlink() if content is None else (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(EncoderError, match=message):
        read_bert(folder, _sha256(folder))


def test_without_the_package_the_error_says_how_to_install_it(folder, monkeypatch):
    """As on a machine that has only what the set-up installs."""
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, folder / "model.safetensors")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(EncoderError, match=r"pip install -e '\.\[transformers\]'"):
        import_bert(folder, _sha256(folder))


def test_a_word_is_the_vector_of_its_first_piece(bert, folder):
    """Sentence by sentence through transformers' own class, with pieces cut by hand."""
    model, sha256 = bert
    encoder = import_bert(folder, sha256).eval()
    found = encoder(sentences_of(_WORDS, Vocabulary()))
    for row, (pieces, places) in enumerate([([2, 4, 5, 6, 9, 10, 1, 3], [1, 2, 6]), ([2, 11, 3], [1])]):
        with torch.no_grad():
            expected = model(input_ids=torch.tensor([pieces])).last_hidden_state[0, places]
        torch.testing.assert_close(found[row, : len(places)], expected)


def test_pieces_are_those_of_the_published_tokeniser(transformers, folder):
    """Words of several scripts and marks, through transformers' tokeniser."""
    theirs = transformers.BertTokenizer(str(folder / "vocab.txt"), do_lower_case=True)
    ours = WordPieces(_PIECES, lower=True)
    for word in ("Kinase", "kinase-1", "CAFÉ", "基gene", "x", "gene1", "1-1", "ge\u0301ne"):
        expected = theirs.convert_tokens_to_ids(theirs.tokenize(word))
        assert ours.ids(word) == expected, word


def test_a_long_sentence_is_read_in_parts(bert, folder):
    """More pieces than places: each word still gets a vector, those of the first part as alone."""
    encoder = import_bert(folder, bert[1]).eval()
    found = encoder(sentences_of([["gene"] * 40], Vocabulary()))[0]
    torch.testing.assert_close(found[:14], encoder(sentences_of([["gene"] * 14], Vocabulary()))[0])
    assert (found.abs().sum(1) > 0).all()


def test_a_frozen_encoder_with_pooled_states_learns_only_those(bert, folder, tmp_path):
    """The imported weights have no gradient and no dropout; the file gives the whole tagger back."""
    torch.manual_seed(0)
    encoder = import_bert(folder, bert[1], frozen=True, pooled=3)
    tagger = Tagger("imported", encoder).train()
    tagger.add_head("genes", TagSet(("gene",)))
    assert {n.split(".")[1] for n, p in tagger.named_parameters() if p.requires_grad} == {"gru", "genes"}
    assert not encoder.bert.training
    batch = sentences_of(_WORDS, Vocabulary())
    alone = tagger.eval().encode(sentences_of(_WORDS[1:], Vocabulary()))
    torch.testing.assert_close(tagger.encode(batch)[1, :1], alone[0])
    assert alone.shape[2] == encoder.size == 18
    save_tagger(tmp_path / "tagger.safetensors", tagger)
    loaded = load_tagger(tmp_path / "tagger.safetensors").eval()
    torch.testing.assert_close(loaded(batch, "genes"), tagger(batch, "genes"))


def test_weights_of_another_size_are_one_clear_error(bert, folder):
    """A configuration with other layers than the weights."""
    (folder / "config.json").write_text(json.dumps(_CONFIG | {"num_hidden_layers": 3}), encoding="utf-8")
    with pytest.raises(EncoderError, match=r"do not fit config\.json"):
        import_bert(folder, bert[1])
