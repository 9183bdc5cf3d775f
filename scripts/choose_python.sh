#!/bin/sh
# Prints the newest Python from 3.13 to 3.11 that really runs. A launcher that exists but fails (a version manager's shim
# without its version) does not count, nor does one without venv.
for candidate in "${FORTUIT_PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then
        command -v "$candidate"
        exit 0
    fi
done
echo "Fortuit needs Python 3.11, 3.12 or 3.13 with venv (on Debian: apt-get install python3 python3-venv). None was found that runs." >&2
exit 1
