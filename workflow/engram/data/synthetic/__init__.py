"""Synthetic data: data sets that can be shipped, in place of licensed ones."""
