"""The jobs of the study of named entities: what each depends on. Torch-free, for the rules."""
