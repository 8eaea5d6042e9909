"""Stands before the real package on the path: planning must not import it."""

raise ImportError("planning imports torch: keep it out of what a jobs.py and the rules import")
