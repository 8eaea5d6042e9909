"""Learning: the one training loop, its objectives, batches and checkpoints."""
