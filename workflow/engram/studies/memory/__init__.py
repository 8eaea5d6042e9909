"""The memory study: strategies of transfer, and what each forgets of the source."""
