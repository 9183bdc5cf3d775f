#!/bin/sh
# What the tests need beyond Python: a Chromium for the browser flow, a PostgreSQL for the ledger's second store.
# Uses what is installed, else installs Debian's where the rights allow, else says in one line what will not run.
want=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || want="$want chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || want="$want postgresql"
command -v java >/dev/null 2>&1 || want="$want default-jre-headless"
[ -n "$want" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $want; } >/dev/null 2>&1
fi
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    echo "Not run: tests/e2e (no Chromium here and no right to install it; on Debian: apt-get install chromium)."
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ||
    echo "Not run: the ledger tests on PostgreSQL (no server here and no right to install it; on Debian: apt-get install postgresql)."
command -v java >/dev/null 2>&1 ||
    echo "Not run: the Spark engine's tests (no Java here and no right to install it; on Debian: apt-get install default-jre-headless)."
exit 0
