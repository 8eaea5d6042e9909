"""Statistics: saved predictions, metrics, and bootstrap intervals. No torch, no study."""
