"""Evidence: from predictions and records to tables, figures and checked claims. No torch."""
