"""Evidence of the general study: what its predictions and records say, as tables, figures and claims."""
