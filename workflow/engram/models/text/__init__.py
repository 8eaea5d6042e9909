"""Networks that read sentences: encoders, heads of conditional random fields, batches, model files."""
