"""Selection of encoders: which subset of them serves a task. A selector is a file here."""
