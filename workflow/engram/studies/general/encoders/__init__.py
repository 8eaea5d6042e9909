"""Source encoders: trained here or imported, and the embeddings that they give."""
