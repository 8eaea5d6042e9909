# Tracking and publishing: one job each, at the end of a run, because parallel writers break SQLite
# and DVC's lock. Needs: records and tables. Makes: MLflow runs, results.dvc.

