"""Frozen representations of a data set's faces, and what they look like."""
