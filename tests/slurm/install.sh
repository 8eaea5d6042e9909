#!/usr/bin/env bash
# Install SLURM for `make test-slurm`, where that can be done: on Debian or Ubuntu, as root. Elsewhere
# it says why not and ends well: the tests then skip.
set -euo pipefail
needed=(munged slurmctld slurmd sbatch)
missing=0
for program in "${needed[@]}"; do
  PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || missing=1
done
if [ "$missing" = 0 ]; then
  echo "SLURM is installed."
elif [ "$(id -u)" != 0 ]; then
  echo "SLURM is not installed, and only root can install it: apt-get install slurm-wlm munge"
elif ! command -v apt-get >/dev/null; then
  echo "SLURM is not installed, and there is no apt-get here to install it."
else
  export DEBIAN_FRONTEND=noninteractive
  # Its services are not wanted: the tests start daemons of their own.
  policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; trap 'rm -f "$policy"' EXIT; }
  { apt-get update -qq && apt-get install -qq --no-install-recommends slurm-wlm munge; } >/dev/null ||
    echo "SLURM could not be installed (see above); its tests will skip."
fi
