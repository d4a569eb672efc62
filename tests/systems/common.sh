# Shared by rt.sh and redmine.sh, which source it: messages, packages, ports, processes.

say() { printf '%s %s: %s\n' "$(date +%T)" "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# One at a time among ourselves, since apt-get does not wait for the lock of its package lists.
apt_get() {
    local as_root=()
    [ "$(id -u)" = 0 ] || [ "${1:-}" = download ] || as_root=(sudo)
    flock "/var/tmp/navette-apt-$(id -u).lock" "${as_root[@]}" \
        env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=900 -o Acquire::Retries=3 "$@" </dev/null
}

# install_packages NAME...: those that are missing, without recommended ones; nothing is asked of
# the network when none is missing.
install_packages() {
    local name missing=() try log
    for name in "$@"; do
        case $'\n'$(dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null || :)$'\n' in
            *$'\ninstalled\n'*) ;;
            *) missing+=("$name") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        die "install packages: neither root nor sudo, and these are missing: ${missing[*]}"
    say "installing ${#missing[@]} packages and what they need"
    log=$(mktemp)
    for try in 1 2 3 4 5; do
        if apt_get -y --no-install-recommends install "${missing[@]}" >>"$log" 2>&1; then
            rm -f "$log"
            return 0
        fi
        apt_get update >>"$log" 2>&1 || sleep $((try * 3))
    done
    tail -30 "$log" >&2
    die "install packages: apt-get failed five times (whole log: $log)"
}

listening() { # PORT: something listens there
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port: a port nobody listens on, below those the kernel gives to outgoing connections, so
# that none takes it before the server does.
free_port() {
    local port try
    for try in {1..100}; do
        port=$((20000 + RANDOM % 12000))
        listening "$port" || { echo "$port"; return 0; }
    done
    die "find a free port: 100 tries hit one in use"
}

start_time() { # PID: when it started (clock ticks after the boot); nothing if it runs no more
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}
