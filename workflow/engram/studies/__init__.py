"""The studies' steps: what a rule's script calls."""
