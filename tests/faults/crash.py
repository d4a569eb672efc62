"""Real Request Tracker and Redmine behind a proxy that loses 5 % of the answers after delivery,
resets 5 %, answers 2 % with 500 and throttles; the hub is killed with SIGKILL at random moments
while people work on both sides. Afterwards nothing is lost, doubled or leaked.
"""
import time

import faulty  # first: it knows where tests/e2e is
import ledger
import peers
import visibility
import world

RATES = {"lost": 0.05, "reset": 0.05, "error": 0.02, "throttle": 0.02, "delay": 0.02,
         "truncate": 0.005, "corrupt": 0.005, "trickle": 0.005}
SIGHT_MAX = 15  # tickets that are also read with the eyes of a requestor and of a Reporter


def people_of(place, book, options):
    sides = [("rt", place.rt), ("rt", place.rt_second),
             ("redmine", place.redmine), ("redmine", place.redmine_second)]
    return [ledger.Writer(number, side, client, book, options.seed, options.pause)
            for number, (side, client) in enumerate(sides)] \
        + [ledger.Clasher(place, book, options.seed, 8 * options.pause)]


def storm(place, people, options):
    """Kills under traffic. Answers the Killer."""
    killer, begun, told = faulty.Killer(place, options.seed), time.monotonic(), 0.0
    for one in people:
        one.start()
    tries = 0
    while killer.kills < options.kills and tries < 2 * options.kills + 10:
        tries += 1
        killer.once()
        failed = [one.error for one in people if one.error]
        if failed:
            raise failed[0]
        if time.monotonic() - told > 15:
            told = time.monotonic()
            print(f"  {told - begun:5.0f} s: {killer.kills} kills, {killer.amid} with a write under"
                  f" way, {sum(one.done for one in people)} edits", flush=True)
    for one in people:
        one.stop.set()
    for one in people:
        one.join(120)
    return killer


def words_seen(place, book, pairs):
    """Internal comments that a requestor or a Reporter can read."""
    internal = {note.value for note in book.of("comment") if not note.public}
    twins, found = dict(pairs), []
    own = [note.ticket for note in book.of("create") if note.side == "rt" and note.ticket in twins]
    looked = 0
    for ticket in own:
        if looked == SIGHT_MAX:
            break
        try:
            seen = visibility.requestor_sees(place, ticket)
        except peers.HttpError as error:
            if error.code not in (403, 404):
                raise
            continue  # not a ticket of this requestor
        looked += 1
        found += [f"the requestor reads {word} in RT {ticket}" for word in internal if word in seen]
        seen = visibility.reporter_sees(place, twins[ticket])
        found += [f"a Reporter reads {word} in Redmine {twins[ticket]}"
                  for word in internal if word in seen]
    return found, looked


def judge(place, book, promises, options):
    """After the storm: does all of it add up?"""
    said, begun, told = {}, time.monotonic(), [0.0]

    def report(waiting, wrong, pairs):
        said.clear()
        said.update(place.reports())
        if time.monotonic() - told[0] > 15:
            told[0] = time.monotonic()
            print(f"  {told[0] - begun:5.0f} s: {len(pairs)} pairs, {waiting} waiting, "
                  f"{len(wrong)} differences", flush=True)
    wrong, pairs, spent = place.converge(300 + 3 * options.kills, report=report,
                                         excused=world.held_back(said))
    held = sum(len(reasons) for reasons in said.values())
    promises.check("both sides are equal, or a field is parked with its reason", not wrong,
                   f"{len(pairs)} pairs after {spent:.0f} s, {held} parked; "
                   + "; ".join(wrong[:5]))
    for pair, reasons in said.items():
        print(f"    parked: RT {pair[0]} / Redmine {pair[1]}: {'; '.join(reasons)}")
    lost, doubled, leaked = ledger.Arrivals(place, pairs).faults(book)
    doubled += peers.pair_up(place.rt.all(), place.redmine.all()).doubled
    counts = book.counts()
    promises.check(f"0 lost of {counts.get('create', 0)} tickets, {counts.get('comment', 0)} "
                   f"comments, {counts.get('file', 0)} files", not lost, "; ".join(lost[:5]))
    stale = [one for one in ledger.subject_faults(book, place, pairs)
             if not world.held_back(said)(one.replace(": ", ": subject: ", 1), pairs)]
    promises.check(f"the last of {counts.get('subject', 0)} subjects won", not stale,
                   "; ".join(stale[:5]))
    promises.check("0 doubled", not doubled, "; ".join(doubled[:5]))
    seen, looked = words_seen(place, book, pairs)
    leaked += seen
    promises.check(f"0 leaked ({looked} tickets read as requestor and Reporter)", not leaked,
                   "; ".join(leaked[:5]))
    flows = place.navette.status().values()
    promises.check("nothing is dead, no write is open",
                   not any(flow["dead"] or flow["open_commands"] for flow in flows),
                   "; ".join(f"{flow['dead']} dead, {flow['open_commands']} open"
                             for flow in flows))
    promises.check("every change is accounted for", *world.balance(place.navette))
    if place.store_file():
        found = place.ask_store("PRAGMA integrity_check")
        promises.check("the store is sound", found == "ok", found)


def main(options):
    promises = world.Promises()
    print(f"seed {options.seed}: {options.kills} kills; rates {RATES}")
    with faulty.FaultyWorld(options, options.store) as place:
        for one in place.proxies().values():
            one.set(**RATES)
            if options.lies:
                one.set(lie=0.01)
        book, begun = ledger.Ledger(), time.monotonic()
        people = people_of(place, book, options)
        # Redmine shows the number of the mark's field with the first issue only; before that a
        # lost create can't be found again, as docs/sync.md says.
        people[2].create("w2premier")
        killer = storm(place, people, options)
        done = place.ask_store("SELECT count(*) FROM commands WHERE phase = 'done'")
        print(f"  {killer.kills} kills ({killer.amid} with a write under way), "
              f"{sum(one.done for one in people)} edits and {done} writes carried out within "
              f"{time.monotonic() - begun:.0f} s; people: {book.counts()}")
        promises.check("it starts again after each kill", not killer.trouble,
                       "; ".join(killer.trouble[:2]))
        for name, one in place.proxies().items():
            one.calm()
            print(f"  faults before {name}: {one.summary()}")
        place.navette.start()
        judge(place, book, promises, options)
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--kills", type=int, default=200)
    made.add_argument("--pause", type=float, default=1.5, help="seconds between a person's edits")
    made.add_argument("--store", help="another store than SQLite, as navette.yaml names it")
    made.add_argument("--lies", action="store_true", help="200 with an error in it, too")
    world.run(main, made.parse_args())
