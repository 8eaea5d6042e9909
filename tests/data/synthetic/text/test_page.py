"""What the card of drawn text shows."""

import re

from engram.data.synthetic.pinned import default_settings
from engram.data.synthetic.text.page import marked_sentence, show_documents
from tests.conftest import ROOT


def test_entities_stand_in_brackets_with_their_type():
    words = ["the", "acute", "tovelitis", "of", "rats"]
    tags = ["O", "B-Disease", "I-Disease", "O", "B-Species"]
    assert marked_sentence(words, tags) == "the [acute tovelitis]Disease of [rats]Species"


def test_the_card_shows_what_is_drawn():
    card = (ROOT / "docs/drawn-text.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"### (\w+)\n```text\n(.*?)```", card, flags=re.DOTALL))
    texts = default_settings().texts
    assert set(shown) == {name for name, text in texts.items() if text.drawn}
    for name, page in shown.items():
        assert page == show_documents(texts[name].drawn, page.count("\n\n") + 1), name
