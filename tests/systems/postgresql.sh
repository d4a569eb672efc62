#!/usr/bin/env bash
# A PostgreSQL server of our own: its files in one folder, on a Unix socket only, no port.
#
#   postgresql.sh install      what it needs, without starting anything
#   postgresql.sh make DIR     a fresh cluster in DIR, which must not exist
#   postgresql.sh run DIR      the server, in the foreground; it ends with the process that started it
#   postgresql.sh limit BYTES PID...   forbid these processes of a server larger files, as a full
#                              disk does; "unlimited" gives it back
#
# Once it runs: postgresql:///postgres?host=DIR&user=navette (navette may do everything there).
# SIGINT ends it with its clients, SIGQUIT at once. By root it runs as the user `postgres`.
set -euo pipefail
# shellcheck source=tests/systems/common.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
export LC_ALL=C.UTF-8

bin() { # PROGRAM: where that of the newest version is
    local found
    found=$(find /usr/lib/postgresql/*/bin /usr/local/pgsql/bin -name "$1" 2>/dev/null | sort -V | tail -1)
    [ -n "$found" ] || die "there is no $1: run \"$0 install\""
    echo "$found"
}

as_server() { # COMMAND...: becomes it
    [ "$(id -u)" = 0 ] || exec setpriv --pdeathsig QUIT "$@"
    exec setpriv --reuid=postgres --regid=postgres --clear-groups --pdeathsig QUIT "$@"
}

install_server() {
    local policy=/usr/sbin/policy-rc.d mine=
    if [ "$(id -u)" = 0 ] && [ ! -e $policy ]; then
        # Debian would start a server of its own.
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
        mine=yes
    fi
    install_packages postgresql
    [ -z "$mine" ] || rm -f $policy
}

make_cluster() { # DIR
    local initdb
    [ ! -e "$1" ] || die "make $1: it is there already"
    initdb=$(bin initdb)
    mkdir -p "$1/data"
    chmod 755 "$1"
    [ "$(id -u)" != 0 ] || chown -R postgres: "$1"
    # Small segments of its log: the tests fill its disk by forbidding files beyond that size.
    (cd "$1" && as_server "$initdb" -D data -U navette -A trust -E UTF8 --locale=C.UTF-8 -N \
        --wal-segsize=1 >initdb.log 2>&1) || { cat "$1/initdb.log" >&2; die "make $1: initdb failed"; }
    cat >>"$1/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$1'
fsync = ${NAVETTE_PG_FSYNC:-off}
max_connections = 40
max_wal_size = 256MB
shared_buffers = 64MB
lc_messages = 'C'
timezone = 'UTC'
log_timezone = 'UTC'
jit = off
END
}

case ${1:-} in
    install) install_server ;;
    make) make_cluster "${2:?where?}" ;;
    run)
        postgres=$(bin postgres)
        cd "${2:?where?}"
        as_server "$postgres" -D data >>server.log 2>&1
        ;;
    limit)
        bytes=${2:?how many bytes?}
        for pid in "${@:3}"; do (as_server prlimit --pid "$pid" --fsize="$bytes:unlimited"); done
        ;;
    *) die "what? $0 install | make DIR | run DIR | limit BYTES PID..." ;;
esac
