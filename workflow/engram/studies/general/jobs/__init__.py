"""What the rules of the general study run: typed parameters of its jobs and their plans, torch-free."""
