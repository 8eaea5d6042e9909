"""Statistics: metrics, and intervals that say how sure they are. No torch."""
