"""Sharing: runs tracked in MLflow, results published by DVC and rebuilt from there, model cards. No torch."""
