#!/bin/bash
# A real Request Tracker 5 (Debian 12 packages) on 127.0.0.1, for integration tests.
#
#   rt.sh up PORT DIR     install what is missing, create a fresh RT in DIR, start it, wait for REST2
#   rt.sh pause DIR       stop its processes where they are (SIGSTOP): it accepts and never answers
#   rt.sh resume DIR      let them go on
#   rt.sh down DIR        end it (by the pid in DIR/rt.start)
#
# PORT 0 takes a free one. Several may be started at the same time, each in its own DIR. Only the
# first start on a machine needs the network.
# `up` prints NAME=value lines (url, users, passwords, tokens) and nothing else on stdout; they
# are kept in DIR/credentials.env. `up` on a DIR whose RT runs already on PORT only prints them
# again. Otherwise everything RT keeps in DIR is replaced, unless RT_KEEP=1 (restart on old data).
#
# Environment:
#   RT_WEBHOOK_URL   POST {"ticket":ID,"transaction":ID,...} there after every committed change
#   RT_TIMEZONE      the server's time zone, which TicketSQL literals use (default Europe/Paris)
#   RT_WORKERS       starman workers (default 4; a kept-alive connection holds one)
#   RT_BCRYPT_COST   password and token hashing cost: RT's own default is 12, which costs some
#                    0.2 s of CPU in EVERY authenticated request; 4 (the least) here
#   RT_KEEP=1        keep the database that DIR has
#   RT_TEMPLATE_DIR  where the initialised template database is kept
set -euo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
umask 022

. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

PACKAGES="request-tracker5 rt5-db-sqlite rt5-standalone starman sqlite3 curl tzdata"
TEMPLATES=${RT_TEMPLATE_DIR:-/var/tmp/navette-rt5-$(id -u)}
ZONE=${RT_TIMEZONE:-Europe/Paris}
WORKERS=${RT_WORKERS:-4}
COST=${RT_BCRYPT_COST:-4}
SHARE=/usr/share/request-tracker5

write_config() { # DIR PORT: what RT reads instead of /etc/request-tracker5
    local dir=$1 port=$2
    mkdir -p "$dir/conf.d" "$dir/var" "$dir/mason" "$dir/session"
    cat >"$dir/RT_SiteConfig.pm" <<EOF
Set(\$rtname, 'client.example');
Set(\$Organization, 'client.example');      # goes into link URIs and message ids: must not change
Set(\$Timezone, '$ZONE');
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $port);
Set(\$WebPath, '');
Set(\$DatabaseType, 'SQLite');
Set(\$DatabaseName, '$dir/rt.db');
Set(\$BcryptCost, $COST);
Set(\$CorrespondAddress, 'helpdesk\@client.example');
Set(\$CommentAddress, 'helpdesk-comment\@client.example');
Set(\$OwnerEmail, 'root\@client.example');
Set(\$MailCommand, 'mbox');                 # no mail leaves: it goes to DIR/var/<start>.mbox
Set(\$UseTransactionBatch, 1);
Set(\$MaxAttachmentSize, 10_000_000);
Set(\$LogToSyslog, undef);
Set(\$LogToSTDERR, 'warning');
Set(\$HTMLFormatter, 'core');
# A second, stricter lifecycle, for refused transitions and moves between queues.
Set(%Lifecycles,
    strict => {
        initial  => [qw(new)],
        active   => [qw(open pending)],
        inactive => [qw(resolved rejected deleted)],
        defaults => { on_create => 'new', reminder_on_open => 'open', reminder_on_resolve => 'resolved' },
        transitions => {
            ''       => [qw(new)],
            new      => [qw(open rejected)],
            open     => [qw(pending resolved)],
            pending  => [qw(open)],
            resolved => [qw(open)],
            rejected => [],
            deleted  => [],
        },
        rights  => { '* -> deleted' => 'DeleteTicket', '* -> *' => 'ModifyTicket' },
        actions => [ 'new -> open' => { label => 'Open It', update => 'Respond' },
                     'open -> resolved' => { label => 'Resolve', update => 'Comment' } ],
    },
    __maps__ => {
        'default -> strict' => { new => 'new', open => 'open', stalled => 'pending',
                                 resolved => 'resolved', rejected => 'rejected', deleted => 'deleted' },
        'strict -> default' => { new => 'new', open => 'open', pending => 'stalled',
                                 resolved => 'resolved', rejected => 'rejected', deleted => 'deleted' },
    },
);
\$RT::VarPath         = '$dir/var';
\$RT::MasonDataDir    = '$dir/mason';
\$RT::MasonSessionDir = '$dir/session';
1;
EOF
}

with_config() { # DIR COMMAND...
    local dir=$1; shift
    RT_SITE_CONFIG="$dir/RT_SiteConfig.pm" RT_SITE_CONFIG_DIR="$dir/conf.d" "$@"
}

provision() { # DIR: users, rights, queues, custom fields, token, webhook scrip; prints NAME=value
    with_config "$1" perl -I$SHARE/lib -I/usr/local/share/request-tracker5/lib - <<'PERL'
use strict; use warnings;
use RT;
RT::LoadConfig(); RT::Init();
my $su = RT->SystemUser;
sub must { my ($ok, $msg, $what) = @_; die "$what: $msg\n" unless $ok; $ok }
sub secret { open my $f, '<:raw', '/dev/urandom' or die $!; read $f, my $b, 12; unpack 'H*', $b }
my %out;

sub user {
    my (%a) = @_;
    my $u = RT::User->new($su);
    my ($ok, $msg) = $u->Create(%a);
    must($ok, $msg, "user $a{Name}");
    return $u;
}
my $root = RT::User->new($su); $root->Load('root');
$out{RT_ROOT_PASSWORD} = secret();
must($root->SetPassword($out{RT_ROOT_PASSWORD}), 'root password');
$root->SetEmailAddress('root@client.example');

$out{"RT_$_"} = secret() for qw(PASSWORD AGENT_PASSWORD SECOND_AGENT_PASSWORD REQUESTOR_PASSWORD OUTSIDER_PASSWORD);
my $svc   = user(Name => 'navette', RealName => 'Navette (synchronisation)', EmailAddress => 'navette@client.example',
                 Password => $out{RT_PASSWORD}, Privileged => 1,
                 Timezone => 'UTC');   # TicketSQL reads a date literal in its user's zone
my $agent = user(Name => 'camille', RealName => "Camille Agent\x{e9}e", EmailAddress => 'camille@client.example',
                 Password => $out{RT_AGENT_PASSWORD}, Privileged => 1);
my $denis = user(Name => 'denis', RealName => 'Denis Agent', EmailAddress => 'denis@client.example',
                 Password => $out{RT_SECOND_AGENT_PASSWORD}, Privileged => 1);
my $req   = user(Name => 'alice', RealName => 'Alice Demandeuse', EmailAddress => 'alice@client.example',
                 Password => $out{RT_REQUESTOR_PASSWORD}, Privileged => 0);
my $none  = user(Name => 'outsider', RealName => 'No Rights', EmailAddress => 'outsider@client.example',
                 Password => $out{RT_OUTSIDER_PASSWORD}, Privileged => 1);

my %queue;
for my $q ([ 'Helpdesk', 'The client\'s helpdesk', 'default' ],
           [ 'Strict',   'A queue with refused transitions', 'strict' ],
           [ 'Prive',    'A queue that navette may not see', 'default' ]) {
    my $o = RT::Queue->new($su);
    my ($ok, $msg) = $o->Create(Name => $q->[0], Description => $q->[1], Lifecycle => $q->[2],
        CorrespondAddress => lc($q->[0]) . '@client.example', CommentAddress => lc($q->[0]) . '-comment@client.example');
    must($ok, $msg, "queue $q->[0]");
    $queue{$q->[0]} = $o;
}

my @staff = qw(SeeQueue ShowTicket ShowTicketComments ShowOutgoingEmail CreateTicket ReplyToTicket CommentOnTicket
               ModifyTicket OwnTicket TakeTicket StealTicket ReassignTicket Watch WatchAsAdminCc
               SeeCustomField ModifyCustomField SetInitialCustomField);
sub grant {
    my ($who, $obj, @rights) = @_;
    for my $r (@rights) {
        my ($ok, $msg) = $who->PrincipalObj->GrantRight(Right => $r, Object => $obj);
        must($ok, $msg, "right $r");
    }
}
grant($svc,   $queue{$_}, @staff) for qw(Helpdesk Strict);
grant($agent, $queue{$_}, @staff, 'DeleteTicket') for qw(Helpdesk Strict Prive);
grant($denis, $queue{$_}, @staff) for qw(Helpdesk Strict);
# SeeCustomField on the system too: the right on a queue shows the values on its tickets, but not
# the list of a field's possible values (GET /customfield/ID).
grant($svc,   RT->System, qw(ManageAuthTokens ModifySelf SeeCustomField));
grant($_,     RT->System, qw(ManageAuthTokens ModifySelf)) for $agent, $denis;
my $everyone = RT::Group->new($su); $everyone->LoadSystemInternalGroup('Everyone');
grant($everyone, $queue{Helpdesk}, qw(CreateTicket ReplyToTicket));
my $rq = RT::Group->new($su);
$rq->LoadRoleGroup(Object => RT->System, Name => 'Requestor');
grant($rq, RT->System, qw(ShowTicket ReplyToTicket));

for my $f ([ 'External ref', 'FreeformSingle' ], [ 'Severity', 'SelectSingle', 'Minor', 'Major', 'Critical' ]) {
    my ($name, $type, @values) = @$f;
    my $cf = RT::CustomField->new($su);
    my ($ok, $msg) = $cf->Create(Name => $name, TypeComposite => $type eq 'FreeformSingle' ? 'Freeform-1' : 'Select-1',
        LookupType => RT::Ticket->CustomFieldLookupType, ($type =~ /Select/ ? (RenderType => 'Dropdown') : ()));
    must($ok, $msg, "custom field $name");
    my $order = 1;
    must($cf->AddValue(Name => $_, SortOrder => $order++), "value $_") for @values;
    must($cf->AddToObject($queue{$_}), "apply $name to $_") for qw(Helpdesk Strict Prive);
}

# A field on TRANSACTIONS, in Helpdesk only: a client that sends TxnCustomFields with each comment
# can find its own comment again when the answer to the POST was lost.
{
    my $cf = RT::CustomField->new($su);
    my ($ok, $msg) = $cf->Create(Name => 'Navette id', TypeComposite => 'Freeform-1',
        LookupType => RT::Transaction->CustomFieldLookupType);
    must($ok, $msg, 'transaction custom field');
    must($cf->AddToObject($queue{Helpdesk}), 'apply the transaction custom field');
}

sub token {
    my ($u) = @_;
    my $t = RT::AuthToken->new(RT->SystemUser);
    my ($id, $msg, $auth) = $t->Create(Owner => $u->id, Description => 'integration tests');
    must($id, $msg, 'token');
    return $auth;
}
require RT::AuthToken;
$out{RT_TOKEN}       = token($svc);
$out{RT_AGENT_TOKEN} = token($agent);
$out{RT_SECOND_AGENT_TOKEN} = token($denis);

# The webhook. TransactionBatch: it runs after the database commit, once for all the transactions
# of one request; a TransactionCreate scrip would run INSIDE the transaction that creates a ticket,
# and a receiver that reads the ticket back would not find it.
my $scrip = RT::Scrip->new($su);
my ($ok, $msg) = $scrip->Create(
    Description    => 'Navette webhook (if RT_WEBHOOK_URL is set)',
    Queue          => 0,
    Stage          => 'TransactionBatch',
    ScripCondition => 'User Defined',
    ScripAction    => 'User Defined',
    Template       => 'Blank',
    CustomIsApplicableCode => 'return $ENV{RT_WEBHOOK_URL} ? 1 : 0;',
    CustomPrepareCode      => 'return 1;',
    CustomCommitCode       => <<'CODE',
require LWP::UserAgent; require JSON;
my @txns = grep { $_ && $_->id } @{ $self->TicketObj->TransactionBatch || [] };
@txns = ($self->TransactionObj) unless @txns;
my $last = $txns[-1];
my $body = JSON->new->utf8->canonical->encode({
    ticket       => 0 + $self->TicketObj->id,
    queue        => $self->TicketObj->QueueObj->__Value('Name'),
    transaction  => 0 + $last->id,
    transactions => [ map { { id => 0 + $_->id, type => $_->__Value('Type'), field => $_->__Value('Field') } } @txns ],
    creator      => $last->CreatorObj->Name,
});
my $ua = LWP::UserAgent->new(timeout => 2, agent => 'RT-webhook/1');
my $res = $ua->post($ENV{RT_WEBHOOK_URL}, 'Content-Type' => 'application/json', Content => $body);
RT->Logger->warning('webhook: ' . $res->status_line) unless $res->is_success;
return 1;
CODE
);
must($ok, $msg, 'scrip');

print "$_=$out{$_}\n" for sort keys %out;
PERL
}

template() { # prints the folder of an initialised template database, made if it is not there yet
    local key home made
    key=$(cat "$0" <(dpkg-query -W -f '${Version}' request-tracker5) <(echo "$COST") | sha256sum | cut -c1-16)
    home=$TEMPLATES/$key
    [ ! -e "$TEMPLATES" ] || [ -O "$TEMPLATES" ] || die "$TEMPLATES is another user's"
    mkdir -p "$TEMPLATES"; chmod 700 "$TEMPLATES"
    exec 8>"$TEMPLATES/lock"; flock 8      # one makes it, the others wait for it
    if [ ! -f "$home/complete" ]; then
        made=$(mktemp -d "$TEMPLATES/making.XXXXXX")
        say "making the template database"
        write_config "$made" 80
        local secret; secret=$(mktemp "$made/secret.XXXXXX"); echo password-to-be-replaced >"$secret"
        with_config "$made" /usr/sbin/rt-setup-database-5 --action init --dba root --dba-password '' \
            --root-password-file "$secret" </dev/null >"$made/setup.log" 2>&1 ||
            { cat "$made/setup.log" >&2; die "rt-setup-database failed"; }
        provision "$made" >"$made/credentials" 2>"$made/provision.log" ||
            { cat "$made/provision.log" >&2; die "provisioning failed"; }
        # Readers do not wait for the writer with a write-ahead log; the mode stays in the file.
        sqlite3 "$made/rt.db" 'PRAGMA journal_mode=WAL; PRAGMA wal_checkpoint(TRUNCATE);' >/dev/null
        (cd "$made" && rm -rf secret.* conf.d var mason session RT_SiteConfig.pm)
        : >"$made/complete"
        mv -T "$made" "$home"
    fi
    exec 8>&-
    echo "$home"
}

pid_of() { # DIR: the pid of this DIR's running starman, or nothing (a pid may be another's by now;
           # Perl's $0 overwrites the arguments and the environment, so they cannot tell)
    local pid start
    read -r pid start 2>/dev/null <"$1/rt.start" || return 0
    [[ $pid =~ ^[0-9]+$ ]] && [ -n "$start" ] && [ "$(start_time "$pid")" = "$start" ] || return 0
    echo "$pid"
}

perls_of() { # DIR: the perls that write DIR/rt.log: workers that outlived a killed master, say
    local p
    for p in /proc/[0-9]*; do
        [ "$(readlink "$p/fd/1" 2>/dev/null)" = "$1/rt.log" ] || continue
        case $(readlink "$p/exe" 2>/dev/null) in */perl*) echo "${p#/proc/}" ;; esac
    done
}

answers() { # PORT TOKEN [seconds]: REST2 answers with the token
    [ "$(curl -s --noproxy '*' -m "${3:-5}" -o /dev/null -w '%{http_code}' -H "Authorization: token $2" \
        "http://127.0.0.1:$1/REST/2.0/rt" || :)" = 200 ]
}

write_credentials() { # DIR PORT
    install -m 600 /dev/null "$1/credentials.env"
    {
        echo "RT_PORT=$2"
        echo "RT_URL=http://127.0.0.1:$2"
        echo "RT_REST=http://127.0.0.1:$2/REST/2.0"
        echo "RT_USER=navette"; echo "RT_AGENT=camille"; echo "RT_SECOND_AGENT=denis"
        echo "RT_REQUESTOR=alice"; echo "RT_OUTSIDER=outsider"
        echo "RT_QUEUE=Helpdesk"
        cat "$1/credentials"
    } >"$1/credentials.env"
}

start() { # DIR PORT: true once REST2 answers, false when the server ended at its start
    local dir=$1 port=$2 pid token deadline
    write_config "$dir" "$port"
    write_credentials "$dir" "$port"
    # Starman itself, not rt-server: it has no way to preload and to name the address. As a PSGI
    # file rt-server only loads RT; preloading shares the memory among the workers.
    # `env ... setsid` and not a function, so that $! is starman's own pid.
    env RT_SITE_CONFIG="$dir/RT_SiteConfig.pm" RT_SITE_CONFIG_DIR="$dir/conf.d" \
        setsid starman --listen "127.0.0.1:$port" --workers "$WORKERS" --preload-app \
        --env deployment --disable-proctitle $SHARE/libexec/rt-server </dev/null >>"$dir/rt.log" 2>&1 &
    pid=$!
    disown "$pid"
    echo "$pid $(start_time "$pid")" >"$dir/rt.start"
    token=$(sed -n 's/^RT_TOKEN=//p' "$dir/credentials.env")
    deadline=$((SECONDS + 60))
    until answers "$port" "$token" 10; do
        kill -0 "$pid" 2>/dev/null || { rm -f "$dir/rt.start"; return 1; }
        [ $SECONDS -lt $deadline ] || { tail -20 "$dir/rt.log" >&2; down "$dir"; die "REST2 did not answer in 60 s"; }
        sleep 0.1
    done
    # All databases come from one template, and so do their tokens: another RT that took the port
    # first would have answered as well.
    kill -0 "$pid" 2>/dev/null
}

up() {
    local asked=$1 port=$1 dir=$2 home old started=$SECONDS
    [[ $port =~ ^[0-9]+$ ]] || die "PORT is a number"
    # First and alone, so that no package asks for a database.
    install_packages dbconfig-no-thanks
    # shellcheck disable=SC2086
    install_packages $PACKAGES
    mkdir -p "$dir"; dir=$(readlink -f "$dir")
    case $dir in *[\'\\\ ]*) die "no spaces, quotes or backslashes in DIR, please";; esac
    old=$(pid_of "$dir")
    if [ -n "$old" ]; then
        [ "$asked" != 0 ] || port=$(sed -n 's/^RT_PORT=//p' "$dir/credentials.env" 2>/dev/null)
        if grep -qx "RT_PORT=$port" "$dir/credentials.env" 2>/dev/null &&
           answers "$port" "$(sed -n 's/^RT_TOKEN=//p' "$dir/credentials.env")"; then
            say "already running, pid $old"; cat "$dir/credentials.env"; return 0
        fi
        down "$dir"
    elif [ -n "$(perls_of "$dir")" ]; then
        down "$dir"
    fi
    if [ "$asked" != 0 ] && listening "$port"; then die "something listens on port $port already"; fi

    # rm -f of names, not of DIR: it may hold things of the caller's.
    rm -rf "$dir/mason" "$dir/session" "$dir/conf.d"
    if [ "${RT_KEEP:-0}" != 1 ] || [ ! -f "$dir/rt.db" ]; then
        home=$(template)
        rm -rf "$dir/rt.db" "$dir/rt.db-wal" "$dir/rt.db-shm" "${dir:?}/var"
        cp "$home/rt.db" "$dir/rt.db"
        install -m 600 "$home/credentials" "$dir/credentials"
    fi
    for _ in 1 2 3 4 5; do
        [ "$asked" != 0 ] || port=$(free_port)
        if start "$dir" "$port"; then
            say "up in $((SECONDS - started)) s, pid $(pid_of "$dir")"
            cat "$dir/credentials.env"
            return 0
        fi
        # A port that another process took meanwhile is worth another try; anything else is not.
        [ "$asked" = 0 ] && tail -5 "$dir/rt.log" | grep -qi 'address already in use' || break
    done
    tail -20 "$dir/rt.log" >&2
    die "RT ended at its start"
}

signal() { # SIGNAL DIR: to the master and its workers
    local dir pid all
    dir=$(readlink -f "$2"); all=$(perls_of "$dir")
    [ -n "$all" ] || die "no RT runs in $2"
    for pid in $all; do kill "-$1" "$pid"; done
}

down() {
    local dir pid k i left
    dir=$(readlink -f "$1") || return 0
    pid=$(pid_of "$dir")
    for k in $(perls_of "$dir"); do kill -CONT "$k" 2>/dev/null || :; done
    [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null || :
    for ((i = 0; i < 100; i++)); do
        left=$(perls_of "$dir")
        [ -n "$left" ] || break
        # no master: its workers would stay for ever
        if [ -z "$(pid_of "$dir")" ]; then
            for k in $left; do kill -TERM "$k" 2>/dev/null || :; done
        fi
        sleep 0.1
    done
    for k in $(perls_of "$dir"); do
        say "pid $k did not end: KILL"
        kill -KILL "$k" 2>/dev/null || :
    done
    rm -f "$dir/rt.start"
    if [ -n "$pid" ]; then say "ended pid $pid"; else say "no master was running"; fi
}

case "$#:${1:-}" in
    3:up)     up "$2" "$3" ;;
    2:pause)  signal STOP "$2" ;;
    2:resume) signal CONT "$2" ;;
    2:down)   down "$2" ;;
    *)        die "usage: rt.sh up PORT DIR | pause DIR | resume DIR | down DIR" ;;
esac
