"""Many tickets on both sides at the same time, then many random edits, a tenth of them on the same
field of the same ticket by both sides; with --restart Navette is ended and started in their middle.

Afterwards every ticket has exactly one twin, and every field agrees or is parked with its reason.
"""
import concurrent.futures
import random
import threading
import time

import world

RT_STATUSES, REDMINE_STATUSES = ["open", "stalled", "resolved"], \
    ["In Progress", "Feedback", "Resolved"]


class Writers:
    """Two people on each side, each with a seed of its own."""

    def __init__(self, place, seed):
        self.rt, self.redmine = (place.rt, place.rt_second), (place.redmine, place.redmine_second)
        self.seed = seed
        self.touched = set()  # RT's numbers of tickets with comments or files
        self.done, self.lock = 0, threading.Lock()

    def each(self, does):
        """does(side, client, random, writer's number) by four writers at the same time."""
        jobs = [("rt", self.rt[0]), ("rt", self.rt[1]),
                ("redmine", self.redmine[0]), ("redmine", self.redmine[1])]
        with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
            for job in [pool.submit(does, side, client,
                                    random.Random(f"{self.seed}/{number}"), number)
                        for number, (side, client) in enumerate(jobs)]:
                job.result()

    def count(self):
        with self.lock:
            self.done += 1

    def create(self, count):
        def does(side, client, chance, number):
            for i in range(count // 2 + (count % 2 if number % 2 == 0 else 0)):
                subject = f"{side} {number}.{i}"
                if side == "rt":
                    severity = chance.choice(["", "Minor", "Major", "Critical"])
                    client.create(subject, f"texte {chance.random()}",
                                  **({"CustomFields": {"Severity": severity}} if severity else {}))
                else:
                    client.create(subject, f"texte {chance.random()}",
                                  priority=chance.choice(["Low", "Normal", "High", "Urgent"]))
        self.each(does)

    def edit(self, pairs, count, clashes):
        """`count` edits of random tickets, `clashes` of them in twos: both sides, one field."""
        common = random.Random(f"{self.seed}/clashes")
        shared = [(common.choice(pairs), common.choice(["subject", "status", "severity", "owner"]))
                  for _ in range(clashes // 2)]
        meet = [threading.Barrier(2) for _ in shared]

        def does(side, client, chance, number):
            own = (count - clashes) // 4
            # The first writer of each side meets the other one's first at each clash.
            mine = list(enumerate(shared)) if number % 2 == 0 else []
            every = max(1, own // (len(mine) + 1))
            for i in range(own):
                self.change(side, client, chance.choice(pairs), chance, f"{number}.{i}")
                if mine and i % every == 0:
                    self.clash(side, client, chance, mine.pop(0), meet)
            while mine:
                self.clash(side, client, chance, mine.pop(0), meet)
        self.each(does)

    def clash(self, side, client, chance, item, meet):
        index, (pair, field) = item
        meet[index].wait(120)
        self.field(side, client, pair, field, chance, f"clash {index} {side}")
        self.count()

    def change(self, side, client, pair, chance, name):
        kind = chance.choices(["subject", "status", "severity", "owner", "comment", "file"],
                              [30, 20, 20, 10, 17, 3])[0]
        if kind in ("comment", "file"):
            with self.lock:
                self.touched.add(pair[0])
        public = chance.random() < 0.5
        if kind == "comment":
            client.comment(pair[side != "rt"], f"mot {name} {self.seed}", public)
        elif kind == "file":
            content = chance.randbytes(chance.randrange(1, 60000))
            if side == "rt":
                # Redmine has no internal files, so that one of an internal comment stays at home.
                client.comment(pair[0], f"ci-joint {name}", True, [(f"{name}.bin", content)])
            else:
                client.attach(pair[1], f"{name}.bin", content)
        else:
            self.field(side, client, pair, kind, chance, name)
        self.count()

    @staticmethod
    def field(side, client, pair, field, chance, name):
        if side == "rt":
            if field == "subject":
                client.update(pair[0], Subject=f"sujet {name}")
            elif field == "status":
                client.update(pair[0], Status=chance.choice(RT_STATUSES))
            elif field == "severity":
                client.set_severity(pair[0], chance.choice(["Minor", "Major", "Critical"]))
            else:
                client.update(pair[0], Owner=chance.choice(["camille", "denis"]))
        elif field == "subject":
            client.update(pair[1], subject=f"objet {name}")
        elif field == "status":
            client.update(pair[1], status=chance.choice(REDMINE_STATUSES))
        elif field == "severity":
            client.update(pair[1], priority=chance.choice(["Low", "Normal", "High", "Urgent"]))
        else:
            client.update(pair[1], owner=chance.choice(["Alice Developer", "Bob Developer"]))


def restart_in_the_middle(place, writers, count, promises):
    """Once half of the edits are done: SIGTERM, then start again."""
    def does():
        while writers.done < count // 2:
            time.sleep(0.05)
        spent = place.navette.stop()
        place.navette.start()
        promises.check("SIGTERM ends it, and it starts again, in the middle of the edits", True,
                       f"at edit {writers.done}, ended within {spent:.1f} s")
    return concurrent.futures.ThreadPoolExecutor(1).submit(does)


def progress(begun):
    last = [0.0]

    def report(waiting, wrong, pairs):
        if time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            print(f"  {time.monotonic() - begun:5.0f} s: {len(pairs)} pairs, {waiting} waiting, "
                  f"{len(wrong)} differences", flush=True)
    return report


def main(options):
    promises, tickets, edits = world.Promises(), options.tickets, options.edits
    print(f"seed {options.seed}: {tickets} tickets on each side, {edits} edits")
    with world.World(options) as place:
        place.navette.start()
        writers, begun = Writers(place, options.seed), time.monotonic()
        writers.create(tickets)
        print(f"  created in {time.monotonic() - begun:.0f} s", flush=True)
        wrong, pairs, spent = place.converge(120 + tickets, deep=False, report=progress(begun))
        promises.check("every ticket has exactly one twin, every field agrees",
                       not wrong and len(pairs) == 2 * tickets,
                       f"{len(pairs)} pairs, {spent:.0f} s after the last was created; "
                       + "; ".join(wrong[:3]))

        begun = time.monotonic()
        restarted = restart_in_the_middle(place, writers, edits, promises) if options.restart \
            else None
        writers.edit(pairs, edits, edits // 10)
        print(f"  {writers.done} edits in {time.monotonic() - begun:.0f} s", flush=True)
        if restarted:
            restarted.result()
        said = {}
        follow = progress(begun)

        def report(*news):
            said.clear()
            said.update(place.reports())
            follow(*news)
        wrong, pairs, spent = place.converge(120 + edits, deep=writers.touched, report=report,
                                             excused=world.held_back(said))
        held = sum(len(reasons) for reasons in said.values())
        promises.check("after the edits every field agrees or is parked", not wrong,
                       f"{spent:.0f} s after the last edit, {held} parked; " + "; ".join(wrong[:3]))
        promises.check("every ticket still has exactly one twin", len(pairs) == 2 * tickets,
                       f"{len(pairs)} pairs")
        promises.check("every change is accounted for", *world.balance(place.navette))
        dead = sum(flow["dead"] for flow in place.navette.status().values())
        promises.check("nothing is dead", dead == 0, dead)
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--tickets", type=int, default=200, help="on each side")
    made.add_argument("--edits", type=int, default=1000)
    made.add_argument("--restart", action="store_true", help="SIGTERM and start in the middle")
    world.run(main, made.parse_args())
