"""The lineage engine that studies share: stages, their evaluation, and what is forgotten."""
