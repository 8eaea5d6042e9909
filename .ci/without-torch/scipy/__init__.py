"""Stands before the real package on the path: planning must not import it."""

raise ImportError("planning imports scipy, a fifth of its time: import it where something is computed")
