"""Around a job: its log, checksums of files, the hash of its code, signals, and the process guard."""
