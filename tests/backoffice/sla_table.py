"""Holds the expectations of sla_table.txt against a model that has nothing in common with the code:
Python's zones, and minutes counted one after the other.

    sla_table.py FILE            prints every line whose expectation is another; exit 1 if there is
    sla_table.py FILE --write    writes the expectations
"""
import functools
import re
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
GOALS = ["response", "workaround", "resolution"]
MINUTE = timedelta(minutes=1)


def easter(year):
    """Gauss's way, with the two exceptions that it needs."""
    k = year // 100
    m = (15 - (13 + 8 * k) // 25 + k - k // 4) % 30
    n = (4 + k - k // 4) % 7
    d = (19 * (year % 19) + m) % 30
    e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + n) % 7
    if d + e > 34 and d == 29 or d == 28 and e == 6 and year % 19 > 10:
        d -= 7
    return date(year, 3, 22) + timedelta(days=d + e)


def holidays(of, year):
    if of == "none":
        return []
    spring = easter(year)
    found = [date(year, month, day) for month, day in
             ((1, 1), (5, 1), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))]
    found += [spring + timedelta(days=days) for days in (1, 39, 50)]
    if year >= 1982:
        found.append(date(year, 5, 8))
    if of == "alsace":
        found += [spring - timedelta(days=2), date(year, 12, 26)]
    return sorted(set(found))


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


def shown(time):
    return time.strftime("%Y-%m-%dT%H:%MZ") if time else "-"


def hours(text):
    spans = []
    for span in text.split(",") if text != "closed" else []:
        ends = [int(clock[:2]) * 60 + int(clock[3:]) for clock in span.split("-")]
        spans.append(ends)
    return spans


class Calendar:
    def __init__(self, zone, of, rest):
        self.zone, self.of = ZoneInfo(zone), of
        self.week = [[] for _ in DAYS]
        self.closed, self.special = set(), {}
        for word in rest:
            days, _, spans = word.partition("=")
            first, _, last = days.partition("-")
            for day in range(DAYS.index(first), DAYS.index(last or first) + 1):
                self.week[day] = hours(spans)
        self.known = {}

    @functools.lru_cache(maxsize=None)
    def hours(self, day):
        if day in self.special:
            return self.special[day]
        if day in self.closed or day in holidays(self.of, day.year):
            return []
        return self.week[day.weekday()]

    def is_open(self, time):
        if time not in self.known:
            local = time.astimezone(self.zone)
            clock = local.hour * 60 + local.minute
            today = self.hours(local.date())
            before = self.hours(local.date() - timedelta(days=1))
            self.known[time] = (
                any(a <= clock and (clock < b or b <= a) for a, b in today)
                or any(b <= a and clock < b for a, b in before))
        return self.known[time]

    def open_between(self, begin, end):
        count = 0
        while begin < end:
            count += self.is_open(begin)
            begin += MINUTE
        return count

    def after(self, time, wanted):
        first = time
        while wanted > 0:
            if time - first > timedelta(days=120):
                return None
            wanted -= self.is_open(time)
            time += MINUTE
        return time


class Contract:
    def __init__(self, words):
        self.said = dict(word.split("=") for word in words)
        self.targets, self.statuses = {}, {}

    def target(self, priority, goal):
        return self.targets.get(priority, self.targets.get("*", {})).get(goal)

    def is_so(self, verb, status, goal):
        goals = self.statuses.get(status, {}).get(verb, "")
        return goals == "all" or goal in goals.split(",")

    def meets(self, status, goal):
        return self.is_so("meets", status, goal) or self.is_so("meets", status, "resolution")


def read_event(text):
    words = text.split()
    event = {"at": moment(words[0]), "side": words[1], "seen": moment(words[0]), "words": words[2:]}
    for word in words[2:]:
        if word == "unseen":
            event["seen"] = None
        elif word[0] == "+":
            event["seen"] = event["at"] + timedelta(minutes=int(word[1:]))
    return event


def clock(contract, calendars, events, goal, now):
    """What became of one goal: its words in the file."""
    timed = []
    for place, event in enumerate(events):
        own = event["side"] == contract.said["side"] or contract.said["counts"] == "happened"
        time = event["at"] if own else event["seen"]
        if time is not None and time <= now:
            timed.append((time, event["at"], event["side"], place, event["words"]))
    timed.sort()
    opened, status, priority, of, met, paused = False, "", "", None, None, False
    counted, between = [], []
    time = timed[0][0] if timed else now
    while time <= now:
        visited = False
        while timed and timed[0][0] == time:
            for word in timed.pop(0)[4]:
                opened = opened or word == "opened"
                visited = visited or word == "answered" and goal == "response"
                if word.startswith("priority:"):
                    priority = word[9:]
                if word.startswith("status:"):
                    status = word[7:]
                    met_here = contract.is_so("meets", status, goal)
                    visited = visited or goal != "resolution" and met_here
        if opened:
            of = priority if of is None else of
            if met and goal == "resolution" and not contract.meets(status, goal):
                met = None
                if contract.said["reopen"] == "restart":
                    counted = []
                elif contract.said["reopen"] == "count":
                    counted += between
            if not met and (visited or contract.meets(status, goal)):
                met, between = time, []
            if not met and of != priority:
                of = priority
                counted = [] if contract.said["priority"] == "restart" else counted
            if not met:
                paused = contract.is_so("pauses", status, goal)
            if time < now and (met or not paused):
                (between if met else counted).append((time, of))
        time += MINUTE
    target = contract.target(of, goal) if of is not None else None
    if not target:
        return f"{goal} none"
    used, deadline = 0, None
    for minute, then in counted:
        by = contract.target(then, goal) if contract.said["priority"] == "keep" else target
        if by and calendars[by[1]].is_open(minute):
            used += 1
            if used == target[0]:
                deadline = minute + MINUTE
    verdict = "missed" if used > target[0] else "kept" if met else "pending"
    if not deadline and not paused:
        deadline = calendars[target[1]].after(met or now, target[0] - used)
    return f"{goal} {verdict} {used} {shown(deadline)}" + (" paused" if paused and not met else "")


class Table:
    def __init__(self):
        self.calendars, self.contracts = {}, {}

    def define(self, words):
        kind, name, rest = words[0], words[1], words[2:]
        if kind == "calendar":
            self.calendars[name] = Calendar(rest[0], rest[1], rest[2:])
        elif kind == "closed":
            self.calendars[name].closed.update(date.fromisoformat(day) for day in rest)
        elif kind == "special":
            self.calendars[name].special[date.fromisoformat(rest[0])] = hours(rest[1])
        elif kind == "contract":
            self.contracts[name] = Contract(rest)
        elif kind == "target":
            self.contracts[name].targets.setdefault(rest[0], {})[rest[1]] = (int(rest[2]), rest[3])
        elif kind == "status":
            said = dict(word.split("=") for word in rest[1:])
            self.contracts[name].statuses[rest[0]] = said
        else:
            raise ValueError(f"what is a {kind}?")

    def expected(self, line):
        words = line.split()
        if words[0] == "holidays":
            return " ".join(str(day) for day in holidays(words[1], int(words[2])))
        if words[0] == "easter":
            return str(easter(int(words[1])))
        if words[0] == "open":
            return str(self.calendars[words[1]].open_between(moment(words[2]), moment(words[3])))
        if words[0] == "after":
            return shown(self.calendars[words[1]].after(moment(words[2]), int(words[3])))
        head, *events = line.split("|")
        contract, now = self.contracts[head.split()[1]], moment(head.split()[2])
        events = [read_event(event) for event in events]
        return "; ".join(clock(contract, self.calendars, events, goal, now) for goal in GOALS)


def main():
    table, out, cases, wrong = Table(), [], 0, 0
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number, line in enumerate(lines, 1):
        if re.match(r"(holidays|easter|open|after|sla) ", line):
            asked, _, said = line.partition(" => ")
            expected = table.expected(asked)
            cases += 1
            out.append(f"{asked.strip()} => {expected}")
            if said != expected:
                wrong += 1
                print(f"{sys.argv[1]}:{number}: {line}\n    expected {expected}")
        else:
            out.append(line)
            if line and not line.startswith("#"):
                table.define(line.split())
    if "--write" in sys.argv:
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            file.write("\n".join(out) + "\n")
        return 0
    print(f"{cases} cases, {wrong} wrong")
    return 1 if wrong or cases < 300 else 0


if __name__ == "__main__":
    sys.exit(main())
