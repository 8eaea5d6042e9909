"""Images: from a published layout to aligned faces in a store."""
