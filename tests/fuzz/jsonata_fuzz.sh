#!/bin/sh
# jsonata_fuzz.mjs, or exit code 77 and the reason when there is no Node.js to run it.
if ! command -v node >/dev/null; then
    echo 'skipped: no Node.js; "./dev test" installs it (package nodejs)'
    exit 77
fi
exec node "$(dirname "$0")/jsonata_fuzz.mjs" "$@"
