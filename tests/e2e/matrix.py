"""Every kind of change, made on either side, ends with both sides equal or the difference reported.

Each case has a ticket of its own. All cases take their first step, then everything must come to
rest; then the second steps, and so on.
"""
import collections
import re

import world
from world import head_of, table

MARGIN = 120  # seconds that a round of steps may take
# `reported`: what may differ in the end, provided that Navette says so
Case = collections.namedtuple("Case", "name origin create steps reported", defaults=("",))

ODD_TEXTS = {
    "4-byte characters": "Clé 🔑 et 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎",
    "CRLF": "premier\r\ndeuxième\r\n\r\ndernier\r\n",
    "control characters": "avant\x00\x07\x1b[31maprès\x7f",
    "markup of the other side": "*gras* _italique_ @code@ \"lien\":x h1. titre {{macro}} #12",
    "HTML as text": "<b>gras</b> & <script>alert(1)</script> &amp; fin",
    "outer blanks": "   milieu   \n\n",
    "4000 characters": "mot " * 1000,
}
NAMES = ["deux mots.txt", "a/b\\c.txt", "zürich straße.txt", "clé 🔑.txt", "point..txt",
         "x" * 150 + ".txt"]


def rt_cases(place):
    rt = place.rt

    def update(**fields):
        return lambda ticket, _: rt.update(ticket, **fields)

    def severity(value):
        return lambda ticket, _: rt.set_severity(ticket, value)

    def comment(text, public, files=(), kind="text/plain"):
        return lambda ticket, _: rt.comment(ticket, text, public, files, kind)

    yield Case("create, bare", "rt", {}, [])
    yield Case("create, every field", "rt",
               {"Owner": "camille", "Status": "open", "CustomFields": {"Severity": "Critical"}}, [])
    yield Case("create resolved", "rt", {"Status": "resolved"}, [])
    yield Case("create, HTML", "rt", {"content_type": "text/html",
               "content": "<p>Un <b>gras</b></p><ul><li>un</li><li>deux</li></ul>"}, [])
    yield Case("subject", "rt", {}, [update(Subject="Nouveau sujet é😀")])
    yield Case("subject, cleared", "rt", {}, [update(Subject="")], "subject")
    for value in ("Minor", "Major", "Critical"):
        yield Case(f"severity {value}, cleared", "rt", {}, [severity(value), severity("")])
    yield Case("owner, another, cleared", "rt", {},
               [update(Owner="camille"), update(Owner="denis"), update(Owner="Nobody")])
    yield Case("status forward", "rt", {}, [update(Status="open"), update(Status="stalled")])
    yield Case("status back", "rt", {}, [update(Status="stalled"), update(Status="open")])
    yield Case("close", "rt", {}, [update(Status="resolved")])
    yield Case("reopen", "rt", {}, [update(Status="resolved"), update(Status="open")])
    yield Case("refused: back to new", "rt", {}, [update(Status="open"), update(Status="new")],
               "status")
    yield Case("refused: rejected", "rt", {}, [update(Status="rejected")], "status")
    for public in (True, False):
        kind = "public" if public else "internal"
        yield Case(f"{kind} comment", "rt", {}, [comment(f"Un mot {kind}", public)])
        yield Case(f"{kind} comment, HTML", "rt", {},
                   [comment("<p>Un <i>mot</i> &amp; deux</p>", public, (), "text/html")])
    yield Case("three comments", "rt", {}, [lambda ticket, _: [
        rt.comment(ticket, f"numéro {i}", i != 1) for i in range(3)]])
    yield Case("file of 1 MB", "rt", {},
               [comment("ci-joint", True, [("mega.bin", blob(1 << 20))])])
    yield Case("file above the limit", "rt", {},
               [comment("trop", True, [("enorme.bin", blob(3 << 20))])],
               "file only in|comment only")
    for name in NAMES:
        yield Case(f"file named {name[:20]}", "rt", {},
                   [comment("nom", True, [(name, name.encode() * 3)])])
    for name, text in ODD_TEXTS.items():
        yield Case(f"text: {name}", "rt", {"content": text}, [comment(text, True)])
        yield Case(f"subject: {name}", "rt", {}, [update(Subject=text[:180])])


def redmine_cases(place):
    redmine = place.redmine

    def update(**fields):
        return lambda _, issue: redmine.update(issue, **fields)

    def comment(text, public):
        return lambda _, issue: redmine.comment(issue, text, public)

    def attach(name, content):
        return lambda _, issue: redmine.attach(issue, name, content)

    def edit_last(text):
        return lambda _, issue: place.redmine_admin.edit_comment(
            redmine.messages(issue)[1][-1].id, text)

    yield Case("create, bare", "redmine", {}, [])
    yield Case("create, every field", "redmine",
               {"owner": "Bob Developer", "priority": "High", "status": "In Progress"}, [])
    yield Case("subject", "redmine", {}, [update(subject="Nouveau sujet é😀")])
    yield Case("subject of 255", "redmine", {}, [update(subject="é" * 255)])
    for value in ("Low", "High", "Urgent", "Immediate"):
        yield Case(f"priority {value}, Normal", "redmine", {},
                   [update(priority=value), update(priority="Normal")])
    yield Case("owner, another, cleared", "redmine", {},
               [update(owner="Alice Developer"), update(owner="Bob Developer"), update(owner="")])
    yield Case("owner without a twin", "redmine", {}, [update(owner="Navette Sync")], "owner")
    yield Case("status forward", "redmine", {},
               [update(status="In Progress"), update(status="Feedback")])
    yield Case("status back", "redmine", {},
               [update(status="Feedback"), update(status="In Progress")])
    yield Case("close", "redmine", {}, [update(status="Closed")])
    yield Case("reopen", "redmine", {}, [update(status="Resolved"), update(status="In Progress")])
    yield Case("closed here, reopened there", "redmine", {},
               [update(status="Closed"), lambda ticket, _: place.rt.update(ticket, Status="open")],
               "status")
    for public in (True, False):
        kind = "public" if public else "internal"
        yield Case(f"{kind} comment", "redmine", {}, [comment(f"Un mot {kind}", public)])
        yield Case(f"{kind} comment, edited", "redmine", {},
                   [comment("avant", public), edit_last("après")], "comment only")
    yield Case("empty file", "redmine", {}, [attach("vide.txt", b"")], "file only in|comment only")
    yield Case("file of 1 MB", "redmine", {}, [attach("mega.bin", blob(1 << 20))])
    yield Case("file above the limit", "redmine", {}, [attach("enorme.bin", blob(3 << 20))],
               "file only in|comment only")
    for name in NAMES:
        yield Case(f"file named {name[:20]}", "redmine", {}, [attach(name, name.encode() * 3)])
    for name, text in ODD_TEXTS.items():
        yield Case(f"text: {name}", "redmine", {"description": text}, [comment(text, True)])
        yield Case(f"subject: {name}", "redmine", {}, [update(subject=text[:180])])


def blob(size):
    return bytes(range(251)) * (size // 251 + 1)


def create(place, case, number):
    subject = f"[{number}] {case.origin}: {case.name}"[:150]
    if case.origin == "rt":
        return place.rt.create(subject, **{"content": "Bonjour", **case.create})
    given = dict(case.create)
    status = given.pop("status", None)
    issue = place.redmine.create(subject, **{"description": "Bonjour", **given})
    if status:  # Redmine creates everything as New
        place.redmine.update(issue, status=status)
    return issue


def settle(place, cases, made, done):
    """Wait for rest after `done` steps. Answers ({case number: pair}, differences that no case
    expects, seconds)."""
    def twins_of(pairs):
        by_side = {"rt": {rt: (rt, issue) for rt, issue in pairs},
                   "redmine": {issue: (rt, issue) for rt, issue in pairs}}
        return {number: by_side[cases[number].origin][own] for number, own in made.items()
                if own in by_side[cases[number].origin]}

    def excused(sentence, pairs):
        for number, pair in twins_of(pairs).items():
            if sentence.startswith(head_of(pair)):
                case = cases[number]
                return (case.reported and done >= len(case.steps)
                        and re.search(case.reported, sentence))
        return False

    wrong, pairs, spent = place.converge(MARGIN, excused=excused)
    return twins_of(pairs), wrong, spent


def main(options):
    promises = world.Promises()
    with world.World(options) as place:
        flow = place.config / "flows/acme-support.yaml"
        flow.write_text(re.sub(r"max_size: [^}]*", "max_size: 2 MB", flow.read_text()))
        place.navette.start()
        cases = [case for case in [*rt_cases(place), *redmine_cases(place)]
                 if options.only in f"{case.origin}: {case.name}"]
        made = {number: create(place, case, number) for number, case in enumerate(cases)}
        twins, wrong, spent = settle(place, cases, made, 0)
        print(f"{len(cases)} cases; created and at rest after {spent:.0f} s", flush=True)
        for step in range(max(len(case.steps) for case in cases)):
            for number, case in enumerate(cases):
                if step < len(case.steps) and number in twins:
                    case.steps[step](*twins[number])
            twins, wrong, spent = settle(place, cases, made, step + 1)
            print(f"step {step + 1} at rest after {spent:.0f} s", flush=True)
        judge(place, cases, twins, promises)
        promises.check("nothing else differs",
                       not [one for one in wrong if " / Redmine " not in one],
                       "; ".join(one for one in wrong if " / Redmine " not in one))
        promises.check("every change is accounted for", *world.balance(place.navette))
    return promises.finish()


def judge(place, cases, twins, promises):
    said, fields, rows = place.reports(), place.differences()[0], []
    for number, case in enumerate(cases):
        pair = twins.get(number)
        name = f"{case.origin}: {case.name}"
        if pair is None:
            promises.check(name, False, "no twin")
            continue
        head = head_of(pair)
        wrong = [sentence[len(head):] for sentence in fields + place.deep_differences(pair)
                 if sentence.startswith(head)]
        if not wrong:
            promises.check(name, True, "equal")
            continue
        # A field is reported as parked; a file or an edited comment by a comment on the other side.
        other = "Redmine" if case.origin == "rt" else "Request Tracker"
        words = said.get(pair, []) + [one for one in wrong if f"comment only in {other}" in one]
        excused = case.reported and all(re.search(case.reported, one) for one in wrong)
        promises.check(name, bool(excused and words),
                       f"{'; '.join(wrong)} -- reported: {'; '.join(words) or 'NOTHING'}")
        rows.append([name, "; ".join(wrong), "; ".join(words)])
    if rows:
        print("\n" + table(["difference", "what", "as Navette reports it"], rows))


if __name__ == "__main__":
    made_parser = world.parser(__doc__)
    made_parser.add_argument("--only", default="", help="cases whose name has this")
    world.run(main, made_parser.parse_args())
