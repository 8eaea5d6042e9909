"""Text: sentences of tokens with tags, in documents."""
