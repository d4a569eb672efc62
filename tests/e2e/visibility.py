"""An internal comment or a private note is never public on the other side.

Twice: with a service user who may write private notes, and with one who may not, to whom Redmine
answers 204 and stores the note PUBLIC. The second must fail closed, and say so.
"""
import base64
import json
import re

import peers
import world

MARGIN = 60
SECRET_RT, SECRET_REDMINE = "confidentiel-client", "confidentiel-fournisseur"


def requestor_sees(place, ticket):
    """All that the unprivileged requestor can read of a ticket."""
    rt = place.rt_server.values
    password = rt["RT_REQUESTOR_PASSWORD"]
    basic = base64.b64encode(f"{rt['RT_REQUESTOR']}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}

    def get(path):
        return json.loads(peers.http("GET", f"{place.rt.url}/REST/2.0{path}", headers)[1])

    seen = json.dumps(get(f"/ticket/{ticket}"))
    for page in range(1, 10):
        items = get(f"/ticket/{ticket}/attachments?per_page=100&page={page}")["items"]
        if not items:
            break
        for item in items:
            content = get(f"/attachment/{item['id']}").get("Content") or ""
            seen += base64.b64decode(content).decode("utf-8", "replace")
    return seen


def reporter_sees(place, issue):
    """All that a Reporter, who sees no private notes, can read of an issue."""
    reporter = peers.Redmine(place.redmine.url, place.redmine_server.values["REDMINE_REPORTER_KEY"])
    return json.dumps(reporter.issue(issue), ensure_ascii=False)


def public_notes(place, issue):
    return [journal["notes"] or "" for journal in place.redmine.journals(issue)
            if not journal["private_notes"]]


def reports(place, ticket):
    """What `navette` says about a ticket: what waits and why, what is held back, what happened."""
    status = json.loads(place.navette.command("status", "--json", check=False).stdout)
    said = [one["reason"] for one in status["waiting"]]
    said += [sentence for sentences in place.reports().values() for sentence in sentences]
    return said + place.navette.command("why", f"client:{ticket}", check=False).stdout.splitlines()


def ordinary(options, promises):
    print("\na service user who may write private notes")
    with world.World(options) as place:
        place.navette.start()
        place.rt.create("visible des deux", "texte", Requestor="alice@client.example")
        wrong, pairs, _ = place.converge(MARGIN)
        ticket, issue = pairs[0]
        place.rt.comment(ticket, f"{SECRET_RT} 1", public=False)
        place.rt.comment(ticket, "mot public du client", public=True)
        place.redmine.comment(issue, f"{SECRET_REDMINE} 1", public=False)
        place.redmine.comment(issue, "mot public du fournisseur", public=True)
        # A note with a change of a field: Redmine makes two journals of it.
        place.redmine.update(issue, priority="High", notes=f"{SECRET_REDMINE} 2",
                             private_notes=True)
        wrong, _, _ = place.converge(MARGIN)
        promises.check("comments and notes agree, each with its visibility", not wrong,
                       "; ".join(wrong[:3]))
        seen = requestor_sees(place, ticket)
        promises.check("the requestor reads the public ones", "mot public du fournisseur" in seen)
        promises.check("the requestor reads no private note", SECRET_REDMINE not in seen)
        seen = reporter_sees(place, issue)
        promises.check("a Reporter reads the public ones", "mot public du client" in seen)
        promises.check("a Reporter reads no internal comment", SECRET_RT not in seen)
        # Made visible to all by its author's side: may follow, but nothing else may become so.
        promises.check("no public note holds what was internal",
                       not any(SECRET_RT in note for note in public_notes(place, issue)))


def without_the_right(options, promises):
    print("\na service user who may not write private notes")
    with world.World(options, redmine_key="REDMINE_REPORTER_KEY") as place:
        place.navette.start()
        ticket = place.rt.create("droit manquant", "texte", Requestor="alice@client.example")

        def twin():
            return [number for number, fields in place.redmine.all().items()
                    if fields["mark"] == f"RT-{ticket}" or fields["subject"] == "droit manquant"]

        issues = peers.wait_until(twin, MARGIN)
        place.rt.comment(ticket, f"{SECRET_RT} 1", public=False)

        # A service user without rights leaves other things undone, too; wait for all of it.
        try:
            peers.wait_until(lambda: not place.pending(), MARGIN)
        except TimeoutError:
            pass
        words = [sentence for sentence in reports(place, ticket)
                 if re.search("internal|private|visib", sentence)]
        promises.check("it says that the comment could not be carried over", bool(words),
                       "; ".join(words)[:400])
        seen = reporter_sees(place, issues[0])
        promises.check("a Reporter reads no internal comment", SECRET_RT not in seen)
        promises.check("no public note holds what was internal",
                       not any(SECRET_RT in note for note in public_notes(place, issues[0])))
        promises.check("every change is accounted for", *world.balance(place.navette))


def main(options):
    promises = world.Promises()
    if not options.second:
        ordinary(options, promises)
    without_the_right(options, promises)
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--second", action="store_true", help="only the user without the right")
    world.run(main, made.parse_args())
