"""Losses, one a file: the paper, the shapes."""
