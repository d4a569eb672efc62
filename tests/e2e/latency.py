"""How long an edit takes to be visible on the other side: by webhook, and by polling."""
import statistics
import time

import peers
import world
from world import table

MARGIN = 60
HOOK_P95, POLL_SLACK, POLL = 1.5, 1.5, 5.0



def until_equal(read, wanted, seconds=30):
    begun = time.monotonic()
    peers.wait_until(lambda: read() == wanted, seconds, 0.02)
    return time.monotonic() - begun


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def from_rt(place, pair, text):
    """Seconds from the moment RT is asked until Redmine shows it."""
    begun = time.monotonic()
    place.rt.update(pair[0], Subject=text)
    until_equal(lambda: place.redmine.fields(pair[1])["subject"], text)
    return time.monotonic() - begun


def from_redmine(place, pair, text):
    begun = time.monotonic()
    place.redmine.update(pair[1], subject=text)
    until_equal(lambda: place.rt.fields(pair[0])["subject"], text)
    return time.monotonic() - begun


def bare(place, pair, runs):
    """What the two servers themselves take: the edit, reading both tickets, the write, and reading
    it back, one after the other without anything between."""
    spent = []
    for i in range(runs):
        begun = time.monotonic()
        place.rt.update(pair[0], Subject=f"direct {i}")
        place.rt.fields(pair[0])
        place.redmine.issue(pair[1])
        place.redmine.update(pair[1], subject=f"direct {i}")
        place.redmine.issue(pair[1])
        spent.append(time.monotonic() - begun)
    return statistics.median(spent)


def prepared(place):
    place.navette.start()
    place.rt.create("mesure", "texte")
    wrong, pairs, _ = place.converge(MARGIN)
    if wrong:
        raise RuntimeError("; ".join(wrong))
    return pairs[0]


def main(options):
    promises, rows = world.Promises(), []
    # Polls are far apart, so that what arrives came by the webhook.
    with world.World(options, poll="300s") as place:
        pair = prepared(place)
        hook = [from_rt(place, pair, f"par webhook {i}") for i in range(options.runs)]
        place.navette.stop()
        alone = bare(place, pair, options.runs)
    median, p95 = statistics.median(hook), percentile(hook, 0.95)
    own = max(0.0, median - alone)
    rows.append(["webhook, RT -> Redmine", f"{median:.3f}", f"{p95:.3f}", f"{max(hook):.3f}"])
    promises.check(f"webhook to visible: p95 below {HOOK_P95} s", p95 < HOOK_P95, f"{p95:.3f} s")
    print(f"  the servers alone take {alone:.3f} s of the median {median:.3f} s; Navette's own "
          f"share is {own * 1000:.0f} ms ({100 * own / median:.0f} %)")

    with world.World(options, poll=f"{POLL:g}s", webhook=False) as place:
        pair = prepared(place)
        for name, edit in (("poll, RT -> Redmine", from_rt), ("poll, Redmine -> RT", from_redmine)):
            spent = []
            for i in range(max(3, options.runs // 5)):
                time.sleep((i * 1.7) % POLL)  # at another moment of the interval each time
                spent.append(edit(place, pair, f"{name} {i}"))
            rows.append([name, f"{statistics.median(spent):.3f}",
                         f"{percentile(spent, 0.95):.3f}", f"{max(spent):.3f}"])
            promises.check(f"{name}: within {POLL:g} s + {POLL_SLACK} s",
                           max(spent) < POLL + POLL_SLACK, f"{max(spent):.3f} s")
    print("\n" + table(["from the edit until it is visible (s)", "median", "p95", "max"], rows))
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--runs", type=int, default=40)
    world.run(main, made.parse_args())
