"""The floor of faces: from a published layout to aligned, stored faces and splits. No torch."""
