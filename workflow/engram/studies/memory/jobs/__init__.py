"""The memory study's jobs: what each depends on, and the rules that make it. Torch-free, for the rules."""
