# Installs what is pinned, and Engram itself, into the environment that is active; from the root of a checkout.
set -eu
pip install --quiet --disable-pip-version-check -r envs/requirements.txt
pip install --quiet --disable-pip-version-check --no-deps -e .
# Every job starts Python. Where PYTHONDONTWRITEBYTECODE is set, each would compile anew what it imports.
python -m compileall -q workflow/engram
