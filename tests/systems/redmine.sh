#!/bin/bash
# redmine.sh - a real Redmine (Debian 12 package, 5.0.4) on loopback, as an integration-test peer.
#
#   redmine.sh up PORT DIR    fresh instance in DIR, serving http://127.0.0.1:PORT; prints KEY=VALUE lines
#   redmine.sh pause DIR      stops it where it is (SIGSTOP): it accepts and never answers
#   redmine.sh resume DIR     lets it go on
#   redmine.sh down DIR       ends the server of DIR by its pid (DIR is kept; the next `up` replaces it)
#
# PORT 0 takes a free one. Several may be started at the same time, each in its own DIR.
# Needs: Debian 12, root (only where packages are still missing), apt. Nothing else is downloaded, and only the
# first start on a machine needs the network.
# Users in the project support-acme: alice, bob, navette (role Developer), rita (role Reporter); and admin.
# `up` on a DIR whose server runs ends that server first; a DIR that was not made by this script is refused.
#
# Environment (all optional):
#   REDMINE_CACHE=/var/tmp/redmine-peer   extracted program + migrated, seeded template database
#   REDMINE_THREADS=5                     puma threads (one process)
#   REDMINE_WORKERS=0                     puma worker processes (0 = single process)
#   REDMINE_TZ=UTC                        time zone of the server process (Redmine stores local times)
#   REDMINE_SQLITE_PLAIN=1                leave SQLite as Rails sets it up (no WAL, deferred transactions):
#                                         concurrent writers then get HTTP 500 (SQLite3::BusyException)
#   REDMINE_KEEP=1                        restart on the database and the keys that DIR has
#
# How it works, and why not `apt-get install redmine`: the package's postinst runs `bundle install --local`,
# which on Debian 12 with ruby 3.1.7 picks the default gem bundler 2.3.27 inside libruby3.1. Only Debian's own
# ruby-bundler (2.3.15) carries the patch that accepts gems whose files live in vendor_ruby (no directory under
# /usr/share/rubygems-integration/*/gems/NAME-VERSION); the unpatched one takes them for deleted and fails with
# "Could not find racc-1.6.2.gem for installation". BUNDLER_VERSION=2.3.15 selects the patched one. So the
# package is only downloaded and unpacked here (no postinst, no debconf, no dpkg state).
set -euo pipefail

. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

CACHE=${REDMINE_CACHE:-/var/tmp/redmine-peer}
SELF=$(readlink -f "${BASH_SOURCE[0]}")
MARK=.redmine-peer          # a file that marks a DIR as ours

# the gems of Redmine's Gemfile without the groups test and minimagick (no mocha, no imagemagick: no thumbnails)
PACKAGES="ruby ruby-bundler ruby-rails ruby-actionpack-action-caching ruby-actionpack-xml-parser ruby-addressable
 ruby-coderay ruby-commonmarker ruby-task-list ruby-html-pipeline ruby-i18n ruby-jquery-rails ruby-mail
 ruby-marcel ruby-mini-mime ruby-net-ldap ruby-nokogiri ruby-rack ruby-rails-observers ruby-rbpdf ruby-redcarpet
 ruby-request-store ruby-roadie ruby-roadie-rails ruby-rotp ruby-rouge ruby-rqrcode ruby-sanitize ruby-zip
 ruby-sqlite3 ruby-webrick puma sqlite3 curl ca-certificates tzdata
 libjs-jquery libjs-jquery-ui libjs-raphael libjs-chart.js"

# the environment every ruby of ours runs in: nothing of the caller's ruby, bundler or gem settings
ruby_env() {  # ruby_env APPDIR COMMAND...
  local app=$1; shift
  local bv; for bv in /usr/share/rubygems-integration/all/specifications/bundler-*.gemspec; do :; done
  bv=${bv##*/bundler-}; bv=${bv%.gemspec}
  ${RUBY_EXEC:-} env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME="$app" LANG=C.UTF-8 TZ="${REDMINE_TZ:-UTC}" RAILS_ENV=production SCHEMA=/dev/null \
    BUNDLER_VERSION="$bv" BUNDLE_GEMFILE="$app/Gemfile" BUNDLE_SILENCE_ROOT_WARNING=1 \
    BUNDLE_DISABLE_VERSION_CHECK=1 BUNDLE_APP_CONFIG="$app/.bundle" REDMINE_PEER_DIR="${INSTANCE:-template}" \
    REDMINE_SQLITE_PLAIN="${REDMINE_SQLITE_PLAIN:-}" MALLOC_ARENA_MAX=2 REDMINE_LANG=en "$@"
}

# ------------------------------------------------------------------------------- program + template database
write_app_files() {  # write_app_files APPDIR DATABASE
  local app=$1 db=$2 inst=$1/instances/default       # Debian's multi-tenancy patch: instances/default, always
  mkdir -p "$inst"/{config,log,files,tmp,db} "$app/plugins"
  cat > "$inst/config/database.yml" <<E
production:
  adapter: sqlite3
  database: $db
  timeout: 30000
  pool: 40
E
}

build_template() {  # build_template OUTDIR
  local out=$1 tmp=$1.tmp.$$ deb
  rm -rf "$CACHE"/*.tmp.*
  mkdir -p "$tmp" "$CACHE/deb"; chmod 755 "$tmp" "$CACHE/deb"
  deb=$(find "$CACHE/deb" -name 'redmine_*.deb' -print -quit)
  if [ -z "$deb" ]; then
    say "downloading the redmine package"
    ( cd "$CACHE/deb" && { apt_get download redmine >&2 ||
      { apt_get update >&2 && apt_get download redmine >&2; }; } ) ||
      die "apt-get download redmine failed"
    deb=$(find "$CACHE/deb" -name 'redmine_*.deb' -print -quit)
  fi
  dpkg-deb -x "$deb" "$tmp/x"
  mv "$tmp/x/usr/share/redmine" "$tmp/app"; rm -rf "$tmp/x"
  local app=$tmp/app l t
  rm -f "$app/Gemfile.lock" "$app/instances" "$app/config/database.yml"       # links into /var and /etc
  sed -i '/^group :\(minimagick\|test\) do/,/^end/d' "$app/Gemfile"          # bundler resolves excluded groups, too
  for l in "$app"/public/javascripts/*; do                                    # relative links to /usr/share
    [ -L "$l" ] && { t=$(readlink "$l"); ln -sfn "/usr/share/${t#../../../}" "$l"; }
  done
  printf '%s\n' "gem 'sqlite3', '~> 1.4.0'" "gem 'puma'" "gem 'rails-observers'" "gem 'actionpack-action_caching'" > "$app/Gemfile.local"
  cat > "$app/config/initializers/99-sqlite-peer.rb" <<'E'
# Test peer only: let concurrent requests write to SQLite as they would to PostgreSQL or MySQL. As Rails 6.1 sets
# SQLite up, concurrent writers get HTTP 500 (SQLite3::BusyException), for two reasons: a deferred transaction that
# reads first and writes later fails at once when another one wrote in between, whatever the busy timeout; and
# sqlite3_busy_timeout sleeps inside C with Ruby's global lock held, so the thread that owns the database lock
# cannot go on to release it and the waiter always times out.
if ENV['REDMINE_SQLITE_PLAIN'].to_s.empty?
  require 'active_record/connection_adapters/sqlite3_adapter'
  class ActiveRecord::ConnectionAdapters::SQLite3Adapter
    def begin_db_transaction
      log('begin immediate transaction', 'TRANSACTION') { @connection.transaction(:immediate) }
    end
    private
    alias_method :configure_connection_plain, :configure_connection
    def configure_connection
      configure_connection_plain        # sets the busy timeout, which the handler below replaces
      waiting_since = nil
      @connection.busy_handler do |count|
        now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        waiting_since = now if count == 0 || waiting_since.nil?
        sleep 0.002                     # a Ruby sleep: lets the other threads run
        now - waiting_since < 30
      end
      execute('PRAGMA journal_mode = WAL')
      execute('PRAGMA synchronous = NORMAL')
    end
  end
end
E
  write_app_files "$app" "$tmp/template.sqlite"
  echo 00000000000000000000000000000000 > "$app/instances/default/config/secret_key.txt"
  cd "$app"
  ruby_env "$app" bundle install --local --quiet >&2
  say "migrating the template database"
  ruby_env "$app" bundle exec rake db:migrate > "$tmp/migrate.log" 2>&1 || { tail -20 "$tmp/migrate.log" >&2; die "migration failed"; }
  say "default data and the seed"
  write_seed "$tmp/seed.rb"
  ruby_env "$app" bundle exec rails runner "$tmp/seed.rb" > "$tmp/seed.log" 2>&1 || { tail -20 "$tmp/seed.log" >&2; die "seed failed"; }
  sed -n 's/^IDS //p' "$tmp/seed.log" > "$tmp/ids"
  [ -s "$tmp/ids" ] || die "seed printed no ids"
  # Rails' SQLite table copies lose AUTOINCREMENT, so the id of a deleted newest row (issue, journal, time entry,
  # attachment) would be given out again, which PostgreSQL and MySQL never do. Put it back.
  sqlite3 "$tmp/template.sqlite" 'PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE;' > /dev/null
  sqlite3 "$tmp/template.sqlite" "PRAGMA writable_schema=ON;
    UPDATE sqlite_master SET sql=replace(sql,'\"id\" integer NOT NULL PRIMARY KEY','\"id\" integer PRIMARY KEY AUTOINCREMENT NOT NULL')
     WHERE type='table' AND sql NOT LIKE '%AUTOINCREMENT%';"
  [ "$(sqlite3 "$tmp/template.sqlite" 'VACUUM; PRAGMA integrity_check;')" = ok ] || die "template database: integrity check failed"
  [ "$(sqlite3 "$tmp/template.sqlite" "SELECT count(*) FROM sqlite_master WHERE name IN ('issues','journals','time_entries','attachments')
     AND sql LIKE '%(\"id\" integer PRIMARY KEY AUTOINCREMENT%'")" = 4 ] || die "template database: no AUTOINCREMENT"
  rm -rf "$app/instances/default/log/"* "$app/instances/default/tmp/"* "$app/instances/default/db"
  cd /
  rm -rf "$out"; mv "$tmp" "$out"
}

write_seed() {
  cat > "$1" <<'E'
Rails.application.load_tasks
Redmine::DefaultData::Loader.load('en')
Setting.rest_api_enabled = '1'
Setting.default_language = 'en'
Setting.notified_events = []            # nobody reads mail here
Setting.gravatar_enabled = '0'
admin = User.find_by_login('admin')
admin.must_change_passwd = false
admin.password = admin.password_confirmation = 'admin-secret'
admin.save!
dev = Role.find_by_name('Developer')
reporter = Role.find_by_name('Reporter')
lastnames = {'navette' => 'Sync', 'rita' => 'Reporter'}
users = %w[alice bob navette rita].map do |login|
  u = User.new(:firstname => login.capitalize, :lastname => lastnames[login] || 'Developer', :mail => "#{login}@example.net", :language => 'en')
  u.login = login
  u.password = u.password_confirmation = "#{login}-secret"
  u.save!
  u
end
trackers = %w[Bug Feature Support].map {|n| Tracker.find_by_name!(n)}
cf = IssueCustomField.new(:name => 'External ref', :field_format => 'string', :is_for_all => true, :is_filter => true,
                          :searchable => true, :visible => true)
cf.trackers = trackers
cf.save!
p = Project.new(:name => 'Support ACME', :is_public => false)
p.identifier = 'support-acme'
p.enabled_module_names = %w[issue_tracking time_tracking files]
p.trackers = trackers
p.save!
users.each do |u|
  Member.create!(:project => p, :user_id => u.id, :roles => [u.login == 'rita' ? reporter : dev])
end
raise 'activities?' if TimeEntryActivity.shared.active.empty?
puts "IDS admin=#{admin.id} alice=#{users[0].id} bob=#{users[1].id} navette=#{users[2].id} rita=#{users[3].id} cf=#{cf.id} project=#{p.id}"
E
}

ensure_template() {  # sets TEMPLATE
  local ver key
  mkdir -p "$CACHE"
  ver=$(dpkg-query -W -f='${Version} ' libruby3.1 ruby-bundler ruby-railties ruby-sqlite3 puma)
  key=$( { cat "$SELF"; echo "$ver"; } | sha256sum | cut -c1-16)
  TEMPLATE=$CACHE/$key
  [ -s "$TEMPLATE/ids" ] && return 0
  exec 9> "$CACHE/lock"; flock 9
  [ -s "$TEMPLATE/ids" ] || build_template "$TEMPLATE"
  exec 9>&-
}

# ------------------------------------------------------------------------------------------------ up / down
server_pid() {  # prints the pid of DIR's server if it runs; checks that the process is DIR's
  local dir=$1 pid
  pid=$(cat "$dir/puma.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && [ -r "/proc/$pid/environ" ] || return 1
  grep -qzxF "REDMINE_PEER_DIR=$dir" "/proc/$pid/environ" 2>/dev/null || return 1
  echo "$pid"
}

down() {
  local dir pid i
  dir=$(readlink -m "$1")
  if ! pid=$(server_pid "$dir"); then rm -f "$dir/puma.pid"; say "no server runs for $dir"; return 0; fi
  kill -CONT "$pid"; kill -TERM "$pid"
  for i in $(seq 100); do
    server_pid "$dir" > /dev/null || break
    [ "$i" = 60 ] && kill -KILL "$pid" 2>/dev/null
    sleep 0.1
  done
  rm -f "$dir/puma.pid"
  say "ended pid $pid of $dir"
}

new_key() { od -An -tx1 -N20 /dev/urandom | tr -d ' \n'; }

fill() {  # fill DIR: a fresh instance: program, database, API keys (kept in DIR/keys)
  local dir=$1 name key key_admin key_alice key_bob key_navette key_rita
  ensure_template
  rm -rf "$dir"; mkdir -p "$dir"; : > "$dir/$MARK"
  cp -a "$TEMPLATE/app" "$dir/app"
  cp "$TEMPLATE/template.sqlite" "$dir/redmine.sqlite"
  write_app_files "$dir/app" "$dir/redmine.sqlite"
  od -An -tx1 -N32 /dev/urandom | tr -d ' \n' > "$dir/app/instances/default/config/secret_key.txt"
  local admin alice bob navette rita cf project; eval "$(tr ' ' '\n' < "$TEMPLATE/ids")"
  local sql="DELETE FROM tokens WHERE action='api';"
  for name in admin alice bob navette rita; do
    printf -v "key_$name" '%s' "$(new_key)"
    key=key_$name
    sql+="INSERT INTO tokens(user_id,action,value,created_on,updated_on)
      VALUES(${!name},'api','${!key}',datetime('now'),datetime('now'));"
  done
  sqlite3 "$dir/redmine.sqlite" "$sql"
  {
    echo "REDMINE_ADMIN_KEY=$key_admin"
    echo "REDMINE_ALICE_KEY=$key_alice"
    echo "REDMINE_BOB_KEY=$key_bob"
    echo "REDMINE_NAVETTE_KEY=$key_navette"
    echo "REDMINE_REPORTER_KEY=$key_rita"
    echo "REDMINE_ADMIN_ID=$admin"
    echo "REDMINE_ALICE_ID=$alice"
    echo "REDMINE_BOB_ID=$bob"
    echo "REDMINE_NAVETTE_ID=$navette"
    echo "REDMINE_REPORTER_ID=$rita"
    echo "REDMINE_PROJECT=support-acme"
    echo "REDMINE_PROJECT_ID=$project"
    echo "REDMINE_EXTERNAL_REF_CF_ID=$cf"
  } > "$dir/keys"
}

start() {  # start DIR PORT: true once it answers, false when the server ended at its start
  local dir=$1 port=$2 threads=${REDMINE_THREADS:-5} workers=${REDMINE_WORKERS:-0} key
  cat > "$dir/puma.rb" <<E
bind 'tcp://127.0.0.1:$port'
threads $threads, $threads
workers $workers
environment 'production'
pidfile '$dir/puma.pid'
rackup '$dir/app/config.ru'
directory '$dir/app'
persistent_timeout 75
E
  [ "$workers" = 0 ] || echo 'preload_app!' >> "$dir/puma.rb"
  key=$(sed -n 's/^REDMINE_ADMIN_KEY=//p' "$dir/keys")
  cd "$dir/app"
  RUBY_EXEC=exec INSTANCE=$dir ruby_env "$dir/app" setsid bundle exec puma -C "$dir/puma.rb" > "$dir/puma.log" 2>&1 < /dev/null 9>&- &
  local boot=$! i
  for ((i = 0; i < 600; i++)); do
    kill -0 "$boot" 2>/dev/null || return 1
    # The keys are this instance's own: no other server answers with all of a private project.
    if server_pid "$dir" > /dev/null && curl -fsS --noproxy '*' -m 20 -o /dev/null -H "X-Redmine-API-Key: $key" \
      "http://127.0.0.1:$port/users/current.json" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  tail -20 "$dir/puma.log" >&2; kill "$boot"
  die "the server did not answer"
}

up() {
  local asked=$1 port=$1 dir=$2 t0 pid; t0=$(date +%s%N)
  [[ $port =~ ^[0-9]+$ ]] || die "PORT must be a number"
  dir=$(readlink -m "$dir")
  if [ -e "$dir" ] && [ -n "$(ls -A "$dir" 2>/dev/null)" ] && [ ! -e "$dir/$MARK" ]; then die "$dir is not empty and not ours"; fi
  [ -d "$dir" ] && server_pid "$dir" > /dev/null && down "$dir"
  if [ "$asked" != 0 ] && listening "$port"; then die "something already listens on 127.0.0.1:$port"; fi
  # shellcheck disable=SC2086
  install_packages $PACKAGES
  [ "${REDMINE_KEEP:-0}" = 1 ] && [ -f "$dir/keys" ] || fill "$dir"
  for _ in 1 2 3 4 5; do
    [ "$asked" != 0 ] || port=$(free_port)
    if start "$dir" "$port"; then
      pid=$(server_pid "$dir") || die "no pid file"
      { echo "REDMINE_URL=http://127.0.0.1:$port"; echo "REDMINE_PID=$pid"; echo "REDMINE_DIR=$dir"; cat "$dir/keys"; } | tee "$dir/env"
      say "up in $(( ($(date +%s%N) - t0) / 1000000 )) ms (pid $pid, $(awk '/VmRSS/{print $2}' "/proc/$pid/status") KiB resident)"
      return 0
    fi
    # A port that another process took meanwhile is worth another try; anything else is not.
    [ "$asked" = 0 ] && grep -q 'EADDRINUSE' "$dir/puma.log" || break
  done
  tail -20 "$dir/puma.log" >&2
  die "the server ended while starting"
}

signal() {  # signal SIGNAL DIR
  local dir pid
  dir=$(readlink -m "$2"); pid=$(server_pid "$dir") || die "no server runs for $dir"
  kill "-$1" "$pid"
}

case "$#:${1:-}" in
  3:up)     up "$2" "$3";;
  2:pause)  signal STOP "$2";;
  2:resume) signal CONT "$2";;
  2:down)   down "$2";;
  *)        die "usage: $0 up PORT DIR | pause DIR | resume DIR | down DIR";;
esac
