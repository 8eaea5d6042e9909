"""Fusion of the source embeddings into h_G, on the unlabelled faces (section 3.2)."""
