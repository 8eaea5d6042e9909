"""Target tasks: who trains and who is predicted, probes, fine-tuned networks, predictions (section 3.5)."""
