"""What the project claims of speed and memory, measured: each a ratio from one run on one machine."""
