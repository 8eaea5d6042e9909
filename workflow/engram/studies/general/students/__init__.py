"""Students that learn from the fused or the source embeddings (sections 3.3 and 3.4)."""
