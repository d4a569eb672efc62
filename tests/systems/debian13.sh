#!/usr/bin/env bash
# Builds and tests this source in a bare Debian 13, in a folder.
#
#   debian13.sh DIR PACKAGE...    DIR/root becomes the system, DIR/build its build; the end of ctest's
#                                 output goes to build/debian13.ctest.log
#
# Root, on Debian with debootstrap (installed when missing). The system is made once and kept, with
# packages from the same server as this machine's own; the tests run are those that need no peers.
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
[ "$(id -u)" = 0 ] || die "chroot and mount: only root may"
[ $# -ge 2 ] || die "usage: debian13.sh DIR PACKAGE..."
SOURCE=$(readlink -f "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..")
mkdir -p "$1"; DIR=$(readlink -f "$1"); shift
ROOT=$DIR/root

server_of_this_machine() { # the first http(s) address that apt has here
    sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\?\(http[^ ]*\).*/\2/p' \
        /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
        grep -v security | head -1
}

make_root() {
    local log=$DIR/debootstrap.log
    [ ! -e "$ROOT/.complete" ] || return 0
    install_packages debootstrap
    say "making a bare Debian 13 in $ROOT"
    rm -rf --one-file-system "$ROOT"
    debootstrap --variant=minbase trixie "$ROOT" "$(server_of_this_machine)" >"$log" 2>&1 ||
        { tail -20 "$log" >&2; die "debootstrap failed"; }
    : >"$ROOT/.complete"
}

unmount() {
    local point
    for point in source build ccache dev/shm dev proc; do
        ! mountpoint -q "$ROOT/$point" || umount "$ROOT/$point"
    done
}

enter() { # COMMAND, run by the shell of the new system
    chroot "$ROOT" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive CCACHE_DIR=/ccache /bin/sh -ec "$1" </dev/null
}

make_root
exec 7>"$DIR/lock"; flock -n 7 || die "another run is going on in $DIR"
unmount
mkdir -p "$ROOT"/{source,build,ccache,dev/shm} "$DIR"/{build,ccache}
trap unmount EXIT
mount -t proc proc "$ROOT/proc"
mount --bind /dev "$ROOT/dev"
mount -t tmpfs tmpfs "$ROOT/dev/shm"
mount --bind "$SOURCE" "$ROOT/source"
mount -o remount,bind,ro "$ROOT/source"
mount --bind "$DIR/build" "$ROOT/build"
mount --bind "$DIR/ccache" "$ROOT/ccache"
cp -L /etc/resolv.conf /etc/hosts "$ROOT/etc/"

say "installing packages"
enter "dpkg -s $* >/dev/null 2>&1 || { apt-get -q update && apt-get -q -y --no-install-recommends install $*; }" \
    >"$DIR/install.log" 2>&1 || { tail -20 "$DIR/install.log" >&2; die "apt-get failed in Debian 13"; }
say "building with $(enter 'g++ --version | head -1')"
enter "cmake -S /source -B /build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO='-O2 -g1 -DNDEBUG' \
    -DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >/build/configure.log 2>&1 ||
    { cat /build/configure.log; exit 1; }
    cmake --build /build -j $(nproc) -- -k 0"
say "testing"
enter "ctest --test-dir /build -LE systems --output-on-failure --no-tests=error -j $(nproc) 2>&1" |
    tee "$SOURCE/build/debian13.ctest.log"
