"""Selection of encoders: which subset of them serves a target task."""
