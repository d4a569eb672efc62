"""What happened behind Navette's back is found by `navette verify`, and mended by --repair.

A hub ends; then, with real Request Tracker and Redmine: a field is edited, a comment is written
(which opens its ticket), an issue is deleted, one is made with a mark that another one carries, a
ticket is made; and both cursors are moved past all of it, so that no poll will ever show it. Verify
finds exactly these, and changes nothing while it looks.
"""
import datetime
import json
import sqlite3
import time

import peers
import world

MARGIN = 60


def verify(place, *words):
    """(exit code, {flow: report}, the whole answer)"""
    done = place.navette.command("verify", "--json", *words, check=False, timeout=180)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"navette verify: exit {done.returncode}\n{done.stdout}{done.stderr}")
    answer = json.loads(done.stdout)
    return done.returncode, {flow["flow"]: flow for flow in answer["flows"]}, answer


def told(flow):
    """{(state, what, client's number or "", provider's number or "", name)}"""
    return {(one["state"], one["what"], one.get("client", ""), one.get("provider", ""), one["name"])
            for one in flow["findings"] if one["state"] != "agreed"}


def forget(place):
    """As if polls had been there already: both cursors are behind everything that is there."""
    time.sleep(3)  # so that no row is shown again as hot
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    store = sqlite3.connect(place.folder / "data/navette.db")
    feed = {"floor": place.rt.last_transaction(), "seen": [], "doubted": int(time.time() * 1000)}
    with store:
        for name, cursor in (("acme-support/client", feed),
                             ("acme-support/provider", {"since": now, "seen": {}, "hot": []})):
            done = store.execute("UPDATE cursors SET value = ? WHERE name = ?",
                                 (json.dumps(cursor), name))
            assert done.rowcount == 1, name
    store.close()


def break_things(place, pairs):
    """What verify has to find, as told() gives it."""
    edited, talked, gone, copied = pairs[:4]
    place.redmine.update(edited[1], priority="High")
    place.rt.comment(talked[0], "a word that no poll showed", public=True)
    comment = [one for one in place.rt.transactions(talked[0]) if one["Type"] == "Correspond"][-1]
    place.redmine_admin.call("DELETE", f"/issues/{gone[1]}.json")
    mark = {"id": place.redmine.mark_field, "value": f"RT-{copied[0]}"}
    double = place.redmine_admin.create("a second one", custom_fields=[mark])
    lost = place.rt.create("never taken in", "text", Requestor="alice@client.example")
    forget(place)
    number = comment["id"]
    rule = "id~custom_fields[name='External ref'].value"
    return {
        ("diverged", "field", str(edited[0]), str(edited[1]), "CustomFields.Severity~priority"),
        # An answer opens a new ticket, as Request Tracker does by itself.
        ("diverged", "field", str(talked[0]), str(talked[1]), "Status~status"),
        ("diverged", "comment", str(talked[0]), str(talked[1]), f"comment client:{number}"),
        ("diverged", "missing", str(gone[0]), str(gone[1]), "ticket"),
        ("diverged", "doubled", "", str(double), rule),
        ("diverged", "intake", str(lost), "", "ticket"),
    }, double, lost


def shows(found, wanted):
    """What is missing and what is too much, as a sentence."""
    return f"missing: {sorted(wanted - found)}, too much: {sorted(found - wanted)}" \
        if found != wanted else ""


def check_repair(place, promises, pairs, double, lost):
    edited, talked, gone, copied = pairs[:4]
    done = place.navette.command("verify", "--repair", check=False, timeout=180)
    promises.check("--repair without an answer does nothing", done.returncode == 1 and
                   "nothing was done" in done.stderr and place.pending() == 0,
                   done.stderr.strip()[-100:])
    done = place.navette.command("verify", "--repair", "--yes", check=False, timeout=180)
    promises.check("--repair --yes journals a change for each and shows its plan before",
                   done.returncode == 0 and "To repair" in done.stdout and place.pending() == 5,
                   f"exit {done.returncode}, {place.pending()} pending")
    place.navette.start()
    peers.wait_until(lambda: not place.pending(), MARGIN)
    code, flows, _ = verify(place)
    left = told(flows["acme-support"])
    held = {("parked", "missing", str(gone[0]), str(gone[1]), "ticket")}
    promises.check("afterwards nothing has diverged, and the deleted one is held back",
                   code == 0 and left == held, left)
    promises.check("the edited field is on the other side",
                   place.rt.fields(edited[0])["severity"] == "Major")
    promises.check("the comment is on the other side", any(
        "a word that no poll showed" in (note["notes"] or "")
        for note in place.redmine.journals(talked[1])))
    marks = {number: fields["mark"] for number, fields in place.redmine.all().items()}
    promises.check("no mark is carried twice", marks[copied[1]] == f"RT-{copied[0]}" and
                   marks[double] not in ("", f"RT-{copied[0]}"), marks[double])
    promises.check("the lost ticket has its twin", f"RT-{lost}" in marks.values())
    promises.check("nothing was deleted", str(gone[0]) in {str(one) for one in place.rt.all()})


def main(options):
    promises = world.Promises()
    with world.World(options) as place:
        place.navette.start()
        for number in range(6):
            place.rt.create(f"ticket {number}", "text", Requestor="alice@client.example")
        wrong, pairs, _ = place.converge(MARGIN)
        pairs = sorted(pairs)
        promises.check("six tickets have their twins", not wrong and len(pairs) == 6,
                       "; ".join(wrong[:3]))
        code, flows, answer = verify(place)
        promises.check("beside a hub that has settled, nothing differs",
                       code == 0 and not told(flows["acme-support"]) and
                       flows["acme-support"]["equal"] == 6,
                       f"{told(flows['acme-support'])}, {answer['calls']} calls")
        place.navette.stop()
        wanted, double, lost = break_things(place, pairs)
        before = place.counts()
        code, flows, _ = verify(place)
        found = told(flows["acme-support"])
        promises.check("exactly what was broken is found", code == 1 and found == wanted,
                       shows(found, wanted))
        field = [one for one in flows["acme-support"]["findings"]
                 if one["what"] == "field" and one["name"] == "CustomFields.Severity~priority"]
        promises.check("a field is told with both values and since when",
                       field and field[0]["provider_value"] == "High" and
                       field[0]["wanted"] == "Major" and field[0]["agreed_until"] < answer["at"],
                       field)
        promises.check("looking writes nothing", place.counts() == before)
        place.navette.start()
        time.sleep(5)
        code, flows, _ = verify(place)
        promises.check("no poll ever shows it", code == 1 and told(flows["acme-support"]) == wanted,
                       shows(told(flows["acme-support"]), wanted))
        place.navette.stop()
        check_repair(place, promises, pairs, double, lost)
        promises.check("every change is accounted for", *world.balance(place.navette))
    return promises.finish()


if __name__ == "__main__":
    world.run(main, world.parser(__doc__).parse_args())
