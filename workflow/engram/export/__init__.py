"""The student in every format with its card, and embeddings of your own images."""
