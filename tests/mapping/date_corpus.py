"""Dates and zones against a second implementation: Python's datetime and zoneinfo.

    date_corpus.py --navette BINARY

Cases: time stamps with and without offsets, pictures both ways, the hours around changes of clocks
in zones of all kinds, from year 1 to 9999. Each is asked of expressions (`navette eval --ndjson`)
or of rules (`navette map`). Prints the score; exit 1 when one differs.
"""
import argparse
import datetime as dt
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import zoneinfo

UTC = dt.timezone.utc
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ["Europe/Paris", "America/New_York", "America/St_Johns", "America/Sao_Paulo",
         "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Tehran",
         "Africa/Casablanca", "Africa/Monrovia", "Pacific/Apia", "Pacific/Chatham",
         "Europe/Dublin", "Europe/London", "Antarctica/Troll", "America/Caracas", "UTC"]
SHORT_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
MONTHS = ("January February March April May June July August September October November "
          "December").split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def millis(time):
    return (time - EPOCH) // dt.timedelta(milliseconds=1)


def at(number):
    return EPOCH + dt.timedelta(milliseconds=number)


def minutes_of(time):
    """The offset, without seconds, as texts have it."""
    seconds = int(time.utcoffset().total_seconds())
    return -(-seconds // 60) if seconds < 0 else seconds // 60


def offset_text(minutes, colon):
    sign, minutes = ("-" if minutes < 0 else "+"), abs(minutes)
    return f"{sign}{minutes // 60:02}{colon}{minutes % 60:02}"


def ordinal(n):
    return str(n) + ("th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th"))


def roman(n):
    out = ""
    for value, text in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
                        (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        out, n = out + text * (n // value), n % value
    return out


# Picture -> (its text for a local time, whether all of the time can be read back: "s", "m", "D" for
# the finest unit kept, None for not at all).
PICTURES = {
    "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001]":
        (lambda t: f"{t.year:04}-{t.month:02}-{t.day:02}T{t:%H:%M:%S}"
                   f".{t.microsecond // 1000:03}", "f"),
    "[D01].[M01].[Y0001] [H01]:[m01]":
        (lambda t: f"{t.day:02}.{t.month:02}.{t.year:04} {t:%H:%M}", "m"),
    "[M01]/[D01]/[Y0001] [h01]:[m01]:[s01] [PN]":
        (lambda t: f"{t.month:02}/{t.day:02}/{t.year:04} {t.hour % 12 or 12:02}:{t:%M:%S} "
                   + ("PM" if t.hour >= 12 else "AM"), "s"),
    "[D1o] [MNn] [Y0001], [H1]:[m01]":
        (lambda t: f"{ordinal(t.day)} {MONTHS[t.month - 1]} {t.year:04}, {t.hour}:{t:%M}", "m"),
    "[FNn,3-3], [D] [MNn,3-3] [Y0001] [H01]:[m01]:[s01]":
        (lambda t: f"{DAYS[t.weekday()][:3]}, {t.day} {SHORT_MONTHS[t.month - 1]} {t.year:04} "
                   f"{t:%H:%M:%S}", "s"),
    "[Y0001][M01][D01]": (lambda t: f"{t.year:04}{t.month:02}{t.day:02}", "D"),
    "[Y0001]-[d001]": (lambda t: f"{t.year:04}-{t.timetuple().tm_yday:03}", "D"),
    "[X0001]-W[W01]-[F1]": (lambda t: "{:04}-W{:02}-{}".format(*t.isocalendar()), None),
    "[FN], [Y,2-2]": (lambda t: f"{DAYS[t.weekday()].upper()}, {t.year % 100:02}", None),
    "[YI] [Mn]": (lambda t: f"{roman(t.year)} {MONTHS[t.month - 1].lower()}", None),
}
UNITS = {"f": dt.timedelta(milliseconds=1), "s": dt.timedelta(seconds=1),
         "m": dt.timedelta(minutes=1), "D": dt.timedelta(days=1)}


def cut(time, unit):
    """Without what is finer than the unit, on the clock that the time is on."""
    if unit == "D":
        return time.replace(hour=0, minute=0, second=0, microsecond=0)
    fields = {"f": {}, "s": {"microsecond": 0}, "m": {"second": 0, "microsecond": 0}}[unit]
    return time.replace(**fields)


def rfc3339(time):
    """As rules write it: offsets have no seconds."""
    minutes = minutes_of(time)
    shown = time.astimezone(dt.timezone(dt.timedelta(minutes=minutes)))
    fraction = f".{shown.microsecond // 1000:03}" if shown.microsecond else ""
    zone = "Z" if minutes == 0 else offset_text(minutes, ":")
    return f"{shown.year:04}-{shown:%m-%dT%H:%M:%S}{fraction}{zone}"


def changes(zone, first, last):
    """The moments between two years at which the clock of a zone is set, to the second."""
    place = zoneinfo.ZoneInfo(zone)

    def offset(second):
        return (EPOCH + dt.timedelta(seconds=second)).astimezone(place).utcoffset()
    start = int((dt.datetime(first, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
    end = int((dt.datetime(last, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
    step, out = 86400 * 5, []
    for begin in range(start, end, step):
        low, high = begin, begin + step
        if offset(low) == offset(high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
        out.append(EPOCH + dt.timedelta(seconds=high))
    return out


def moments(random_):
    """Days that calendars get wrong, the bounds, and any."""
    days = [(1, 1, 1), (99, 12, 31), (1582, 10, 15), (1899, 12, 31), (1900, 1, 1), (1900, 2, 28),
            (1900, 3, 1), (1969, 12, 31), (1970, 1, 1), (2000, 2, 29), (2000, 12, 31),
            (2020, 12, 31), (2021, 1, 3), (2021, 1, 4), (2024, 2, 29), (2026, 12, 31),
            (2027, 1, 1), (2038, 1, 19), (2100, 2, 28), (2100, 3, 1), (9999, 12, 31)]
    for day in days:
        for clock in ((0, 0, 0, 0), (12, 0, 0, 0), (23, 59, 59, 999000)):
            yield dt.datetime(*day, *clock, tzinfo=UTC)
    for _ in range(150):
        yield at(random_.randrange(-62_135_596_800_000, 253_402_300_799_999))
    for _ in range(150):
        yield at(random_.randrange(0, 2_500_000_000_000))


class Corpus:
    def __init__(self, random_):
        self.random = random_
        self.requests = []  # (request, expected result)
        self.mapped = []    # (form, zone, client's value, provider's value, back or None)

    def ask(self, expr, expected, **bindings):
        self.requests.append(({"expr": expr, "bindings": bindings}, expected))

    def stamps(self, time):
        """Time stamps as ISO 8601 has them; without an offset they are UTC."""
        number = millis(time)
        plain = PICTURES["[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001]"][0]
        self.ask("$toMillis($t)", number, t=plain(time) + "Z")
        self.ask("$toMillis($t)", number, t=plain(time))
        self.ask("$fromMillis($n)", plain(time) + "Z", n=number)
        for minutes in (self.random.choice([60, 120, 330, 345, 840]),
                        -self.random.choice([60, 300, 210, 570, 44])):
            try:
                local = time.astimezone(dt.timezone(dt.timedelta(minutes=minutes)))
            except OverflowError:
                continue
            colon = self.random.choice(["", ":"])
            self.ask("$toMillis($t)", number, t=plain(local) + offset_text(minutes, colon))
            self.ask("$fromMillis($n, $p, $z)", plain(local) + offset_text(minutes, ":"), n=number,
                     p="[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z]",
                     z=offset_text(minutes, ""))
            picture = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z" + \
                ("0001" if colon == "" else "01:01") + "]"
            if time.year >= 100:  # two digits mean the century after 1900 to the language
                self.ask("$toMillis($t, $p)", number, p=picture,
                         t=plain(local) + offset_text(minutes, colon))

    def pictures(self, time):
        picture = self.random.choice(list(PICTURES))
        write, unit = PICTURES[picture]
        self.ask("$fromMillis($n, $p)", write(time), n=millis(time), p=picture)
        if unit is not None and time.year >= 100:
            self.ask("$toMillis($t, $p)", millis(cut(time, unit)), t=write(time), p=picture)

    def on_clock(self, time, zone):
        """A moment on the clock of a zone: expressions and rules, there and back."""
        try:
            local = time.astimezone(zoneinfo.ZoneInfo(zone))
        except OverflowError:
            return
        picture = self.random.choice(list(PICTURES))
        write, unit = PICTURES[picture]
        self.ask("$toZone($n, $z)", rfc3339(local), n=millis(time), z=zone)
        self.ask("$toZone($n, $z, $p)", write(local), n=millis(time), z=zone, p=picture)
        self.ask("$fromZone($t, $z)", millis(time), t=rfc3339(local), z=zone)
        back = None
        if unit is not None and time.year >= 101:
            # fold=0: of two moments with this text the first
            moment = cut(local, unit).replace(fold=0)
            back = rfc3339(moment.astimezone(UTC))
            self.ask("$fromZone($t, $z, $p)", millis(moment.astimezone(UTC)), t=write(local),
                     z=zone, p=picture)
        self.mapped.append((picture, zone, rfc3339(time), write(local), back))
        self.mapped.append(("datetime", zone, rfc3339(time), rfc3339(local), rfc3339(time)))
        self.mapped.append(("date", zone, rfc3339(time), f"{local.year:04}-{local:%m-%d}", None))

    def wall(self, local, zone):
        """What a clock shows, also what it never shows: read with the offset from before."""
        text = local.replace(tzinfo=None).isoformat(timespec="seconds")
        moment = local.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0).astimezone(UTC)
        self.ask("$fromZone($t, $z)", millis(moment), t=text, z=zone)

    def fill(self):
        for time in moments(self.random):
            self.stamps(time)
            self.pictures(time)
            self.on_clock(time, self.random.choice(ZONES))
        for zone in ZONES:
            for first, last in ((1890, 1925), (1967, 1974), (2005, 2013), (2024, 2028),
                                (2036, 2039), (2059, 2061), (2095, 2097)):
                for change in changes(zone, first, last)[:4]:
                    for seconds in (-1, 0, 1, -1800, 1800, 5400):
                        self.on_clock(change + dt.timedelta(seconds=seconds), zone)
                    second = dt.timedelta(seconds=1)
                    before = (change - second).astimezone(zoneinfo.ZoneInfo(zone))
                    for minutes in (-61, -30, -1, 0, 10, 29, 30, 59, 61):
                        shown = before.replace(tzinfo=None) + second
                        self.wall(shown + dt.timedelta(minutes=minutes), zone)


def run_expressions(navette, corpus):
    text = "".join(json.dumps(request) + "\n" for request, _ in corpus.requests)
    ran = subprocess.run([navette, "eval", "--ndjson"], input=text, capture_output=True, text=True,
                         encoding="utf-8", check=False)
    answers = ran.stdout.splitlines()
    for (request, expected), line in zip(corpus.requests, answers):
        answer = json.loads(line)
        if answer.get("result") != expected:
            yield f"{request}\n    found {line}\n    expected {expected!r}"
    if len(answers) != len(corpus.requests) or ran.returncode != 0:
        yield f"eval: {len(answers)} answers, exit {ran.returncode}: {ran.stderr}"


def run_rules(navette, corpus, folder):
    kinds = sorted({(form, zone) for form, zone, *_ in corpus.mapped})
    both_ways = {case[:2] for case in corpus.mapped if case[4] is not None}
    rules = "".join(
        f"  - {{client: c{i}, provider: p{i}, date: [datetime, {json.dumps(form)}], "
        f"zone: [UTC, {zone}]{'' if (form, zone) in both_ways else ', direction: to-provider'}}}\n"
        for i, (form, zone) in enumerate(kinds))
    flow = folder / "flow.yaml"
    flow.write_text("flow: f\nclient: {}\nprovider: {}\nfields:\n" + rules, encoding="utf-8")
    number = {kind: i for i, kind in enumerate(kinds)}

    def run(cases, source, target, options):
        text = "".join(json.dumps({f"{source}{number[case[:2]]}": value}) + "\n"
                       for case, value, _ in cases)
        ran = subprocess.run([navette, "map", str(flow), *options], input=text, capture_output=True,
                             text=True, encoding="utf-8", check=False)
        lines = ran.stdout.splitlines()
        if len(lines) != len(cases):
            yield (f"map: {len(lines)} of {len(cases)} documents, exit {ran.returncode}: "
                   f"{ran.stderr[:2000]}")
            return
        for (case, value, expected), line in zip(cases, lines):
            if json.loads(line).get(f"{target}{number[case[:2]]}") != expected:
                yield (f"rule {case[:2]} {' '.join(options)}: {value}\n    found {line}\n"
                       f"    expected {expected}")
    yield from run([(case, case[2], case[3]) for case in corpus.mapped], "c", "p", [])
    yield from run([(case, case[3], case[4]) for case in corpus.mapped if case[4] is not None],
                   "p", "c", ["--reverse"])


def main():
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--navette", required=True)
    made.add_argument("--seed", type=int, default=1)
    options = made.parse_args()
    corpus = Corpus(random.Random(options.seed))
    corpus.fill()
    differences = list(run_expressions(options.navette, corpus))
    with tempfile.TemporaryDirectory() as folder:
        differences += run_rules(options.navette, corpus, pathlib.Path(folder))
    rules = len(corpus.mapped) + sum(case[4] is not None for case in corpus.mapped)
    total = len(corpus.requests) + rules
    for difference in differences[:20]:
        print(difference)
    print(f"dates: seed {options.seed}, {total - len(differences)}/{total} "
          f"({len(corpus.requests)} expressions, {rules} by rules)")
    return 0 if not differences and total >= 2000 else 1


if __name__ == "__main__":
    sys.exit(main())
