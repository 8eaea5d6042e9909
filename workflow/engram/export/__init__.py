"""What a lab takes home: the student in every format with its card, and embeddings of its own images.

The floor above the studies: it uses learning, networks, faces and ground. Not a part of
`sharing`, which every `snakemake` call imports to plan and which imports no torch.
"""
