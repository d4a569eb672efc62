#!/usr/bin/env bash
# tryton.sh - a real Tryton 6.0 server (Debian 12 packages) on loopback, as an integration-test peer.
#
#   tryton.sh up PORT DIR     fresh database in DIR, serving http://127.0.0.1:PORT/erp/; prints KEY=VALUE lines
#   tryton.sh pause DIR       stops it where it is (SIGSTOP): it accepts and never answers
#   tryton.sh resume DIR      lets it go on
#   tryton.sh down DIR        ends what `up` started, by pid; DIR is kept, the next `up` replaces it
#
# PORT 0 takes a free one. Several may be started at the same time, each in its own DIR.
# Needs: Debian 12, root (or, where no package is missing, any user), apt. Only the first start on a
# machine needs the network; it also builds a template database, of which each `up` takes a copy.
# PostgreSQL is private to DIR and listens on a unix socket only.
# Users: admin; navette (groups for timesheet and project administration); alice (no group).
# Projects "Maintenance 2025" with 4 tasks and "Déploiement mairie" with 1; the database is in French.
#
# Environment, all optional:
#   TRYTON_CACHE=/var/tmp/tryton-peer   template databases
#   TRYTON_MAX_AGE=2592000              life of a session in seconds (short: it ends while in use)
#   TRYTON_VERBOSE=                     v, vv or vvv: more in DIR/trytond.log
set -euo pipefail
umask 022

. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

CACHE=${TRYTON_CACHE:-/var/tmp/tryton-peer}
MODULES="party company timesheet project"
DB=erp
ADMIN_PW='Admin-Essai#42'
NAVETTE_PW='Navette-Essai#42'
ALICE_PW='Alice-Essai#4217'
SELF=$(readlink -f "${BASH_SOURCE[0]}")
PGROLE=tryton
PGBIN=/usr/lib/postgresql/15/bin

now_ms() { date +%s%3N; }

# ---------------------------------------------------------------- packages
ensure_packages() {
    local m packages=(tryton-server python3-tz python3-psycopg2) policy=
    for m in $MODULES; do packages+=("tryton-modules-${m//_/-}"); done
    [ -x $PGBIN/postgres ] || packages+=(postgresql-15)
    # Keep the packages from starting their own daemons; leave an existing policy alone.
    if [ "$(id -u)" = 0 ] && [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
        policy=mine
    fi
    install_packages "${packages[@]}"
    [ -z "$policy" ] || rm -f /usr/sbin/policy-rc.d
}

# ---------------------------------------------------------------- small helpers
# Trytond reads TRYTOND_* and ~ ; give it a clean environment, always the system Python.
CLEAN=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent LANG=C.UTF-8 LC_ALL=C.UTF-8)
# PostgreSQL refuses to run as root.
PGUSER_OS=$(id -un); AS_PG=("${CLEAN[@]}")
if [ "$(id -u)" = 0 ]; then
    PGUSER_OS=postgres
    AS_PG=("${CLEAN[@]}" setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
clean_env() { "${CLEAN[@]}" "$@"; }
as_pg() { (cd / && "${AS_PG[@]}" "$@"); }
pg_can_enter() { as_pg test -x "$1" 2>/dev/null; }

# alive PIDFILE WORD: the process of PIDFILE runs and its command line holds WORD
alive() {
    local pid
    [ -s "$1" ] || return 1
    pid=$(cat "$1")
    [ -r "/proc/$pid/cmdline" ] || return 1
    tr '\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$2"
}
# end_pid PIDFILE WORD SIGNAL SECONDS
end_pid() {
    local pid i
    if alive "$1" "$2"; then
        pid=$(cat "$1")
        # It may end between the look and the signal: what counts is looked at below.
        kill "-$3" "$pid" 2>/dev/null || true
        for ((i = 0; i < $4 * 20; i++)); do
            alive "$1" "$2" || break
            sleep 0.05
        done
        if alive "$1" "$2"; then say "pid $pid ignores SIG$3: SIGKILL"; kill -KILL "$pid" 2>/dev/null || true; sleep 0.2; fi
    fi
    rm -f "$1"
}

write_conf() { # CONF PORT DATADIR SOCKDIR
    cat > "$1" <<EOF
[web]
listen = 127.0.0.1:$2
root = /nonexistent
[database]
uri = postgresql://$PGROLE@/?host=$4
path = $3
language = fr
[session]
max_age = ${TRYTON_MAX_AGE:-2592000}
[email]
uri = smtp://127.0.0.1:1
EOF
}

# ---------------------------------------------------------------- PostgreSQL
# The cluster is private to one DIR and listens on a unix socket only.
pg_conf() { # PGDATA SOCKDIR
    cat > "$1/conf.d.conf" <<EOF
listen_addresses = ''
unix_socket_directories = '$2'
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 80
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = off
jit = off
EOF
    grep -q conf.d.conf "$1/postgresql.conf" || echo "include 'conf.d.conf'" >> "$1/postgresql.conf"
    chown "$PGUSER_OS:" "$1/conf.d.conf"
}
pg_start() { # PGDATA SOCKDIR PIDFILE LOG
    local i
    rm -f "$1/postmaster.pid"
    # exec at every step, so that $! is the server's own pid
    (cd / && exec "${AS_PG[@]}" setsid "$PGBIN/postgres" -D "$1" >> "$4" 2>&1 < /dev/null) &
    echo $! > "$3"
    for ((i = 0; i < 400; i++)); do
        if as_pg "$PGBIN/pg_isready" -q -h "$2" -U "$PGROLE" -d postgres; then return 0; fi
        ((i < 5)) || alive "$3" postgres || { tail -5 "$4" >&2; die "PostgreSQL did not start"; }
        sleep 0.05
    done
    die "PostgreSQL does not answer"
}

# ---------------------------------------------------------------- the template
seed_py() { cat <<'EOF'
import datetime as dt, json, sys
from decimal import Decimal
conf, db, out, admin_pw, navette_pw, alice_pw = sys.argv[1:]
from trytond.config import config
config.update_etc(conf)
from trytond.pool import Pool
from trytond.transaction import Transaction
Pool.start()
pool = Pool(db)
with Transaction().start(db, 0, readonly=True):
    pool.init()
ids = {}
with Transaction().start(db, 0) as tr:
    get = pool.get
    fr, = get('ir.lang').search([('code', '=', 'fr')])
    Data = get('ir.model.data')
    # the first-run wizards are for people
    Item = get('ir.module.config_wizard.item')
    Item.write(Item.search([('state', '!=', 'done')]), {'state': 'done'})
    eur, = get('currency.currency').create([{
        'name': 'Euro', 'symbol': '€', 'code': 'EUR', 'numeric_code': '978',
        'rounding': Decimal('0.01'), 'digits': 2,
        'rates': [('create', [{'date': dt.date(2020, 1, 1), 'rate': Decimal(1)}])]}])
    Party = get('party.party')
    def party(name, **kw):
        kw.update(name=name, lang=fr.id)
        return Party.create([kw])[0]
    comp_party = party('Atelier du Rail SARL', addresses=[('create', [
        {'street': '4 quai des Docks', 'postal_code': '76600', 'city': 'Le Havre'}])])
    company, = get('company.company').create([{
        'party': comp_party.id, 'currency': eur.id, 'timezone': 'Europe/Paris'}])
    ids['company'] = company.id
    Employee = get('company.employee')
    emp = {}
    for key, name in (('navette', 'Navette Passerelle'), ('alice', 'Alice Roussel'), ('bruno', 'Bruno Keller')):
        e, = Employee.create([{'party': party(name).id, 'company': company.id, 'start_date': dt.date(2020, 1, 1)}])
        emp[key] = e.id
    ids['employee'] = emp
    g_ts = Data.get_id('timesheet', 'group_timesheet_admin')
    g_pr = Data.get_id('project', 'group_project_admin')
    User = get('res.user')
    common = {'companies': [('add', [company.id])], 'company': company.id, 'language': fr.id}
    nav, = User.create([dict(common, name='Navette', login='navette', password=navette_pw,
        email='navette@example.invalid', groups=[('add', [g_ts, g_pr])],
        employees=[('add', list(emp.values()))], employee=emp['navette'])])
    # alice: no group at all, only her own employee
    ali, = User.create([dict(common, name='Alice', login='alice', password=alice_pw,
        email='alice@example.invalid', employees=[('add', [emp['alice']])], employee=emp['alice'])])
    admin, = User.search([('login', '=', 'admin')])
    User.write([admin], dict(common, employees=[('add', list(emp.values()))]))
    ids['user'] = {'admin': admin.id, 'navette': nav.id, 'alice': ali.id}
    App = get('res.user.application')
    key = 'c0ffee' * 20 + 'deadbeef'
    app, = App.create([{'user': nav.id, 'application': 'timesheet', 'key': key}])
    App.validate_([app])
    ids['timesheet_app_key'] = key
    Status = get('project.work.status')
    st = {'open': Data.get_id('project', 'work_open_status'), 'done': Data.get_id('project', 'work_done_status')}
    for key, name, seq in (('in_progress', 'En cours', 20), ('waiting', 'En attente', 30)):
        s, = Status.create([{'name': name, 'types': ['project', 'task'], 'sequence': seq, 'count': True}])
        st[key] = s.id
    ids['status'] = st
    with tr.set_context(company=company.id):
        Work = get('project.work')
        client = party('Clinique des Tilleuls', addresses=[('create', [{'city': 'Rouen'}])])
        client2 = party('Mairie de Bolbec', addresses=[('create', [{'city': 'Bolbec'}])])
        ids['party'] = {'clinique': client.id, 'mairie': client2.id}
        proj, = Work.create([{'name': 'Maintenance 2025', 'type': 'project', 'company': company.id,
            'party': client.id, 'status': st['open'], 'timesheet_available': True,
            'comment': 'Contrat de maintenance'}])
        proj2, = Work.create([{'name': 'Déploiement mairie', 'type': 'project', 'company': company.id,
            'party': client2.id, 'status': st['open'], 'timesheet_available': False}])
        tasks = []
        for name, status, ts, hours in (
                ('INC-0001 Imprimante du hall en panne', 'open', True, 2),
                ('INC-0002 Accès VPN refusé', 'in_progress', True, 4),
                ('INC-0003 Écran noir salle 12', 'waiting', True, 1),
                ('INC-0004 Sans feuille de temps', 'open', False, None)):
            t, = Work.create([{'name': name, 'type': 'task', 'company': company.id, 'parent': proj.id,
                'status': st[status], 'timesheet_available': ts,
                'effort_duration': dt.timedelta(hours=hours) if hours else None}])
            tasks.append(t)
        t, = Work.create([{'name': 'Câblage étage 2', 'type': 'task', 'company': company.id, 'parent': proj2.id,
            'status': st['open'], 'timesheet_available': True}])
        tasks.append(t)
        ids['project'] = [proj.id, proj2.id]
        ids['task'] = [t.id for t in tasks]
        ids['timesheet_work'] = {str(w.id): [x.id for x in Work(w.id).timesheet_works] for w in [proj, proj2] + tasks}
        internal, = get('timesheet.work').create([{'name': 'Interne', 'company': company.id}])
        ids['timesheet_work']['internal'] = [internal.id]
    tr.commit()
with open(out, 'w') as f:
    json.dump(ids, f, indent=1)
EOF
}

template_key() {
    { cat "$SELF"; dpkg-query -W -f='${Package} ${Version}\n' 'tryton-*' postgresql-15 2>/dev/null | sort; } | sha256sum | cut -c1-16
}

build_template() { # prints the template's directory
    local key tpl b t0
    key=$(template_key); tpl=$CACHE/$key
    mkdir -p "$CACHE"; chmod 755 "$CACHE"
    exec 9> "$CACHE/.lock"; flock 9
    if [ ! -e "$tpl/ids.json" ]; then
        t0=$(now_ms)
        say "building the template (once)"
        b=$CACHE/.build.$$; rm -rf "$b"; mkdir -p "$b/db"; chmod 755 "$b"
        printf '%s\n' "$ADMIN_PW" > "$b/pw"
            pg_can_enter "$b" || die "user $PGUSER_OS cannot enter $CACHE (set TRYTON_CACHE elsewhere)"
            mkdir "$b/pg" "$b/sock"; chown "$PGUSER_OS:" "$b/pg" "$b/sock"; chmod 700 "$b/pg"
            as_pg "$PGBIN/initdb" -D "$b/pg" -U "$PGROLE" -A trust -E UTF8 --locale=C.UTF-8 -N > "$b/initdb.log" 2>&1 \
                || { cat "$b/initdb.log" >&2; die "initdb failed"; }
            pg_conf "$b/pg" "$b/sock"
            # statistics early: halves the time trytond-admin takes on tables that were empty a second ago
            echo 'autovacuum_naptime = 1s' >> "$b/pg/conf.d.conf"
            pg_start "$b/pg" "$b/sock" "$b/pg.pid" "$b/pg.log" 9>&-
            as_pg "$PGBIN/psql" -q -h "$b/sock" -U "$PGROLE" -d postgres \
                -c "CREATE DATABASE $DB TEMPLATE template0 ENCODING 'UTF8'" >&2
        write_conf "$b/conf" 1 "$b/db" "$b/sock"
        if ! (cd "$b" && clean_env TRYTONPASSFILE="$b/pw" /usr/bin/trytond-admin -c "$b/conf" -d "$DB" \
                -u $MODULES --activate-dependencies -l fr --email admin@example.invalid > "$b/admin.log" 2>&1); then
            tail -20 "$b/admin.log" >&2; end_pid "$b/pg.pid" postgres INT 20; die "trytond-admin failed"
        fi
        if ! seed_py | (cd "$b" && clean_env /usr/bin/python3 -W ignore - "$b/conf" "$DB" "$b/ids.tmp" \
                "$ADMIN_PW" "$NAVETTE_PW" "$ALICE_PW" > "$b/seed.log" 2>&1); then
            tail -20 "$b/seed.log" >&2; end_pid "$b/pg.pid" postgres INT 20; die "seeding failed"
        fi
        as_pg "$PGBIN/psql" -q -h "$b/sock" -U "$PGROLE" -d "$DB" -c 'VACUUM ANALYZE' >&2
        end_pid "$b/pg.pid" postgres INT 20
        rm -rf "$b/sock"
        rm -f "$b/pw" "$b/conf" "$b"/db/*.socket
        mv "$b/ids.tmp" "$b/ids.json"
        rm -rf "$tpl"; mv "$b" "$tpl"
        say "template built in $(( $(now_ms) - t0 )) ms: $tpl ($(du -sm "$tpl" | cut -f1) MiB)"
    fi
    flock -u 9; exec 9>&-
    echo "$tpl"
}

# ---------------------------------------------------------------- run
answers() { # PORT: it is Tryton 6 that answers there (the module pool is loaded before it listens)
    /usr/bin/python3 - "$1" <<'EOF'
import http.client, json, sys
port, = sys.argv[1:]
try:
    c = http.client.HTTPConnection('127.0.0.1', int(port), timeout=60)
    c.request('POST', '/', json.dumps({'id': 0, 'method': 'common.server.version', 'params': []}),
        {'Content-Type': 'application/json'})
    r = c.getresponse()
    sys.exit(0 if r.status == 200 and json.loads(r.read())['result'].startswith('6.') else 1)
except OSError:
    sys.exit(1)
EOF
}

start_all() { # DIR PORT: whether it serves; reads DIR/peer.env
    local d=$1 port=$2 i v=()
    # shellcheck disable=SC1091
    . "$d/peer.env"
    if ! alive "$d/postgres.pid" "$PEER_PGDATA"; then
        pg_conf "$PEER_PGDATA" "$PEER_SOCK"
        pg_start "$PEER_PGDATA" "$PEER_SOCK" "$d/postgres.pid" "$d/postgres.log"
    fi
    write_conf "$d/trytond.conf" "$port" "$d/db" "$PEER_SOCK"
    [ -z "${TRYTON_VERBOSE:-}" ] || v=("-$TRYTON_VERBOSE")
    (cd "$d" && exec "${CLEAN[@]}" setsid /usr/bin/trytond -c "$d/trytond.conf" -d "$DB" "${v[@]}" \
        > "$d/trytond.log" 2>&1 < /dev/null) &
    echo $! > "$d/trytond.pid"
    for ((i = 0; i < 1200; i++)); do
        if ((i > 10)) && ! alive "$d/trytond.pid" "$d/trytond.conf"; then return 1; fi
        if listening "$port" && answers "$port"; then return 0; fi
        sleep 0.05
    done
    die "trytond does not answer on $port"
}

print_facts() { # DIR PORT
    cat <<EOF
TRYTON_URL=http://127.0.0.1:$2/$DB/
TRYTON_ADMIN_LOGIN=admin
TRYTON_ADMIN_PASSWORD=$ADMIN_PW
TRYTON_LOGIN=navette
TRYTON_PASSWORD=$NAVETTE_PW
TRYTON_LIMITED_LOGIN=alice
TRYTON_LIMITED_PASSWORD=$ALICE_PW
TRYTON_PID=$(cat "$1/trytond.pid")
TRYTON_DIR=$1
EOF
    /usr/bin/python3 - "$1/ids.json" <<'EOF'
import json, sys
i = json.load(open(sys.argv[1]))
print('TRYTON_COMPANY=%d' % i['company'])
for k, v in i['user'].items(): print('TRYTON_USER_%s=%d' % (k.upper(), v))
for k, v in i['status'].items(): print('TRYTON_STATUS_%s=%d' % (k.upper(), v))
EOF
}

forget_outside() { # DIR: what lies outside DIR goes, since nobody else would remove it
    # shellcheck disable=SC1091
    (. "$1/peer.env"
     case $PEER_SOCK in
         /tmp/tryton-peer.*/run) rm -rf "${PEER_SOCK%/run}" ;;
         /tmp/tryton-peer.*) rm -rf "$PEER_SOCK" ;;
     esac)
}

fill() { # DIR: a fresh copy of the template
    local d=$1 tpl pgdata sock
    tpl=$(build_template)
    mkdir -p "$d"; chmod go+x "$d"
    cp -a --reflink=auto "$tpl/db" "$d/db"
    cp "$tpl/ids.json" "$d/ids.json"
    pgdata=$d/pg; sock=$d/run
    # PostgreSQL's user may not come near a private folder, and a socket's path has a limit.
    if ! pg_can_enter "$d"; then
        sock=$(mktemp -d /tmp/tryton-peer.XXXXXX); chmod 755 "$sock"; pgdata=$sock/pg; sock=$sock/run
    elif ((${#sock} > 85)); then
        sock=$(mktemp -d /tmp/tryton-peer.XXXXXX)
    fi
    cp -a --reflink=auto "$tpl/pg" "$pgdata"
    mkdir -p "$sock"; chown "$PGUSER_OS:" "$sock"
    touch "$d/postgres.log"
    printf 'PEER_PGDATA=%s\nPEER_SOCK=%s\n' "$pgdata" "$sock" > "$d/peer.env"
}

up() {
    local asked=${1:?PORT} port=$1 d t0; t0=$(now_ms)
    [[ $port =~ ^[0-9]+$ ]] || die "PORT must be a number"
    d=$(readlink -m "${2:?DIR}")
    [[ $d != *[[:space:]\'\"?\#%]* ]] || die "DIR may not hold spaces, quotes or ? # %"
    if [ -e "$d/peer.env" ]; then
        down "$d"
        rm -rf "$d/db" "$d/pg" "$d/run" "$d/trytond.log" "$d/postgres.log" "$d/peer.env"
    elif [ -n "$(ls -A "$d" 2>/dev/null)" ]; then
        die "$d is not empty and not ours"
    fi
    if [ "$asked" != 0 ] && listening "$port"; then die "something already listens on 127.0.0.1:$port"; fi
    ensure_packages
    fill "$d"
    for _ in 1 2 3 4 5; do
        [ "$asked" != 0 ] || port=$(free_port)
        if start_all "$d" "$port"; then
            print_facts "$d" "$port"
            say "up in $(( $(now_ms) - t0 )) ms (pid $(cat "$d/trytond.pid"))"
            return 0
        fi
        # A port that another process took meanwhile is worth another try; anything else is not.
        [ "$asked" = 0 ] && grep -q 'in use' "$d/trytond.log" || break
    done
    tail -20 "$d/trytond.log" >&2
    die "trytond ended while starting"
}

down() {
    local d; d=$(readlink -m "${1:?DIR}")
    [ -e "$d/peer.env" ] || die "$d was not made by this script"
    # shellcheck disable=SC1091
    (. "$d/peer.env"
     if alive "$d/trytond.pid" "$d/trytond.conf"; then kill -CONT "$(cat "$d/trytond.pid")"; fi
     end_pid "$d/trytond.pid" "$d/trytond.conf" TERM 10
     end_pid "$d/postgres.pid" "$PEER_PGDATA" INT 20)
    forget_outside "$d"
    say "ended what ran for $d"
}

signal() { # SIGNAL DIR
    local d; d=$(readlink -m "$2")
    alive "$d/trytond.pid" "$d/trytond.conf" || die "no server runs for $d"
    kill "-$1" "$(cat "$d/trytond.pid")"
}

export LC_ALL=C.UTF-8
case "$#:${1:-}" in
    3:up) up "$2" "$3" ;;
    2:pause) signal STOP "$2" ;;
    2:resume) signal CONT "$2" ;;
    2:down) down "$2" ;;
    *) die "usage: $0 up PORT DIR | pause DIR | resume DIR | down DIR" ;;
esac
