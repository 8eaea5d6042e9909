"""The study of named entities: transfer along levels of language, sources and targets."""
