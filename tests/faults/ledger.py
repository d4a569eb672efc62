"""What people did on both sides while things failed, and whether each of it arrived exactly once.

Every text, file and subject is unlike all others, so that a loss, a double or a leak has a name.
"""
import collections
import random
import threading
import time

import peers

Note = collections.namedtuple("Note", "side ticket kind value public begun ended")

RT_STATUSES = ["open", "stalled", "resolved"]
REDMINE_STATUSES = ["In Progress", "Feedback", "Resolved"]
SEVERITIES = ["Minor", "Major", "Critical"]
PRIORITIES = ["Low", "Normal", "High", "Urgent"]


class Ledger:
    """Threads: safe."""

    def __init__(self):
        self.notes, self._lock = [], threading.Lock()

    def add(self, side, ticket, kind, value, public, begun):
        with self._lock:
            self.notes.append(Note(side, ticket, kind, value, public, begun, time.monotonic()))

    def of(self, *kinds):
        with self._lock:
            return [note for note in self.notes if note.kind in kinds]

    def counts(self):
        with self._lock:
            return dict(collections.Counter(note.kind for note in self.notes))


class Writer(threading.Thread):
    """One person on one side: creates, edits, comments and attaches until told to stop."""

    def __init__(self, number, side, client, ledger, seed, pause):
        super().__init__(daemon=True)
        self.number, self.side, self.client, self.ledger = number, side, client, ledger
        self.chance = random.Random(f"writer/{seed}/{number}")
        self.pause = pause
        self.stop, self.error, self.done = threading.Event(), None, 0
        self.tickets, self._looked = [], 0.0

    def run(self):
        try:
            while not self.stop.wait(self.chance.uniform(0, 2 * self.pause)):
                self.one()
                self.done += 1
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def one(self):
        if time.monotonic() - self._looked > 10 or not self.tickets:
            self.tickets, self._looked = sorted(self.client.all()), time.monotonic()
        kind = self.chance.choices(
            ["create", "subject", "status", "severity", "owner", "comment", "file"],
            [14, 20, 12, 12, 8, 28, 6])[0]
        name = f"w{self.number}x{self.done:05d}"
        if kind == "create" or not self.tickets:
            self.create(name)
            return
        # The newest are where the hub is at work.
        ticket = self.chance.choice(self.tickets[-12:] if self.chance.random() < 0.7
                                    else self.tickets)
        begun, public = time.monotonic(), self.chance.random() < 0.5
        if kind == "comment":
            self.client.comment(ticket, f"mot {name}", public)
            self.ledger.add(self.side, ticket, "comment", f"mot {name}", public, begun)
        elif kind == "file":
            self.attach(ticket, name, begun)
        else:
            self.field(ticket, kind, f"sujet {name}", begun)

    def create(self, name):
        begun, subject = time.monotonic(), f"ticket {name}"
        if self.side == "rt":
            ticket = self.client.create(subject, f"texte {name}",
                                        **({"Requestor": "alice@client.example"}
                                           if self.chance.random() < 0.5 else {}))
        else:
            ticket = self.client.create(subject, f"texte {name}",
                                        priority=self.chance.choice(PRIORITIES))
        self.ledger.add(self.side, ticket, "create", name, True, begun)
        self.ledger.add(self.side, ticket, "subject", subject, True, begun)
        self.tickets.append(ticket)

    def attach(self, ticket, name, begun):
        content = self.chance.randbytes(self.chance.randrange(1, 40000))
        if self.side == "rt":
            # Redmine has no internal files, so that one of an internal comment stays at home.
            self.client.comment(ticket, f"ci-joint {name}", True, [(f"{name}.bin", content)])
            self.ledger.add(self.side, ticket, "comment", f"ci-joint {name}", True, begun)
        else:
            self.client.attach(ticket, f"{name}.bin", content)
        self.ledger.add(self.side, ticket, "file", peers.sha256(content), True, begun)

    def field(self, ticket, kind, subject, begun):
        choose, rt = self.chance.choice, self.side == "rt"
        if kind == "subject":
            self.client.update(ticket, **{"Subject" if rt else "subject": subject})
            self.ledger.add(self.side, ticket, "subject", subject, True, begun)
            return
        if kind == "status":
            self.client.update(ticket, **({"Status": choose(RT_STATUSES)} if rt
                                          else {"status": choose(REDMINE_STATUSES)}))
        elif kind == "severity" and rt:
            self.client.set_severity(ticket, choose(SEVERITIES))
        elif kind == "severity":
            self.client.update(ticket, priority=choose(PRIORITIES))
        else:
            self.client.update(ticket, **({"Owner": choose(["camille", "denis"])} if rt else
                                          {"owner": choose(["Alice Developer", "Bob Developer"])}))
        self.ledger.add(self.side, ticket, kind, "", True, begun)


class Clasher(threading.Thread):
    """Both sides edit the same field of the same pair at the same time."""

    def __init__(self, place, ledger, seed, pause):
        super().__init__(daemon=True)
        self.place, self.ledger, self.pause = place, ledger, pause
        self.chance = random.Random(f"clashes/{seed}")
        self.stop, self.error, self.done = threading.Event(), None, 0

    def run(self):
        try:
            while not self.stop.wait(self.pause):
                pairs = peers.pair_up(self.place.rt.all(), self.place.redmine.all()).pairs
                if pairs:
                    self.clash(self.chance.choice(pairs))
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def clash(self, pair):
        def does(side, client, field):
            begun, value = time.monotonic(), f"heurt {side} {self.done:05d}"
            client.update(pair[side != "rt"], **{field: value})
            self.ledger.add(side, pair[side != "rt"], "subject", value, True, begun)
        there = threading.Thread(target=does, args=("redmine", self.place.redmine, "subject"))
        there.start()
        does("rt", self.place.rt, "Subject")
        there.join()
        self.done += 1


# ---- afterwards ----------------------------------------------------------------------------------
def last_values(notes):
    """Those of one side that may have been the last one: nothing began after they had ended."""
    return {note.value for note in notes
            if not any(other.begun > note.ended for other in notes)}


def subject_faults(ledger, place, pairs):
    """Sentences about pairs whose subject is nobody's last word."""
    wrong, rt_all = [], place.rt.all()
    by = collections.defaultdict(list)
    for note in ledger.of("subject"):
        by[note.side, note.ticket].append(note)
    for rt, redmine in pairs:
        may = last_values(by["rt", rt]) | last_values(by["redmine", redmine])
        if may and rt_all[rt]["subject"] not in may:
            wrong.append(f"RT {rt} / Redmine {redmine}: {rt_all[rt]['subject']!r} is not one of "
                         f"{sorted(may)}")
    return wrong


class Arrivals:
    """Where each comment and file is, on both sides, after all is quiet."""

    def __init__(self, place, pairs):
        self.twin = {("rt", rt): redmine for rt, redmine in pairs}
        self.twin.update({("redmine", redmine): rt for rt, redmine in pairs})
        self.texts = collections.defaultdict(list)  # (side, essence) -> [(ticket, public)]
        self.files = collections.defaultdict(list)  # (side, sha256) -> [ticket]
        for rt, redmine in pairs:
            for side, number, client in (("rt", rt, place.rt), ("redmine", redmine, place.redmine)):
                _, comments, files = client.messages(number)
                for comment in comments:
                    text = peers.essence(peers.without_attribution(comment.text))
                    self.texts[side, text].append((number, comment.public))
                for file in files:
                    self.files[side, file.sha256].append(number)

    def faults(self, ledger):
        """(lost, doubled, leaked): sentences."""
        lost, doubled, leaked = [], [], []
        for note in ledger.of("create"):
            if (note.side, note.ticket) not in self.twin:
                lost.append(f"{note.side} {note.ticket} has no twin")
        for note in ledger.of("comment", "file"):
            if (note.side, note.ticket) not in self.twin:
                continue  # said above
            name = f"{note.kind} {note.value[:40]} of {note.side} {note.ticket}"
            for side in ("rt", "redmine"):
                if note.kind == "file":
                    found = self.files[side, note.value]
                else:
                    found = self.texts[side, peers.essence(note.value)]
                    if not note.public and any(public for _, public in found):
                        leaked.append(f"{name} is public in {side}")
                    if note.public and found and not any(public for _, public in found):
                        lost.append(f"{name} is internal in {side}")
                if not found:
                    lost.append(f"{name} is not in {side}")
                elif len(found) > 1:
                    doubled.append(f"{name} is {len(found)} times in {side}")
        return lost, doubled, leaked
