"""Training: the one loop, its tasks and losses, batches and checkpoints."""
