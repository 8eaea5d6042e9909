"""The tables of the general study."""
