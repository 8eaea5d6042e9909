#!/usr/bin/env bash
# After snakemake itself was killed, or its machine: its jobs go on, and the next run would start the same
# ones beside them. This ends them, waits until they have written their checkpoints, and unlocks the folder.
#
#   profiles/slurm/recover.sh         in the folder that snakemake ran in, while none runs there
set -euo pipefail
user=$(id -un)

# A run names all its jobs by its id, and tells the id in its log.
runs=$(grep -rhoP 'SLURM run ID: \K\S+' .snakemake/log || true)

while true; do
  # Where SLURM does not answer this stops, and nothing is unlocked.
  queued=$(squeue --user="$user" --noheader --format=%j)
  names=$(grep -Fx "$runs" <<<"$queued" | sort -u || true)
  [ -n "$names" ] || break
  for name in $names; do
    echo "Ending the jobs of run $name"
    scancel --user="$user" --name="$name"
  done
  sleep 2
done
snakemake --unlock "$@"
