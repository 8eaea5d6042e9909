#!/usr/bin/env bash
# After snakemake itself was killed, or its machine: its jobs go on, and the next run would start the same
# ones beside them. This ends them, waits until they have written their checkpoints, and unlocks the folder.
#
#   profiles/slurm/recover.sh         in the folder that snakemake ran in, while none runs there
set -euo pipefail

# A run names all its jobs by its id, and tells the id in its log.
started=$(grep -rhoP 'SLURM run ID: \K\S+' .snakemake/log || true)
left_behind() { squeue --me --noheader --format=%j | grep -Fx "$started" | sort -u; }

while names=$(left_behind); do
  echo "Ending the jobs of run" $names
  for name in $names; do scancel --me --name "$name"; done
  sleep 2
done
snakemake --unlock "$@"
