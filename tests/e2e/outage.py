"""One system is down: other flows go on, what waits says why and since when, and then it drains in
order. Once with a system that accepts and never answers, once with one that is gone.
"""
import json
import time

import peers
import world

MARGIN = 120
SILENCE_MIN = 45
SECOND_FLOW = """
flow: second
client: {system: acme-helpdesk, entity: ticket, where: {Queue: Strict}}
provider: {system: second-tracker, entity: issue, where: {project: support-acme}}
since: 2026-01-01
fields:
  - {client: Subject, provider: subject}
  - {client: Content, provider: description, markup: [text, textile], when: create}
  - {client: id, provider: "custom_fields[name='External ref'].value", template: "RT-{id}"}
  - {client: CustomFields.External ref, provider: id, template: "RM-{id}"}
"""
SECOND_SYSTEM = """
  second-tracker:
    connector: redmine
    url: ${env:SECOND_REDMINE_URL}
    api_key: ${env:SECOND_REDMINE_KEY}
    poll: ${env:NAVETTE_POLL:-5s}
"""


def add_second_flow(place, server):
    hub = place.config / "navette.yaml"
    hub.write_text(hub.read_text().replace("\nflows:", SECOND_SYSTEM + "\nflows:"))
    (place.config / "flows/second.yaml").write_text(SECOND_FLOW)
    place.navette.env["SECOND_REDMINE_URL"] = server.values["REDMINE_URL"]
    place.navette.env["SECOND_REDMINE_KEY"] = server.values["REDMINE_NAVETTE_KEY"]


def outage(place, second_rt, second_redmine, seconds, name, down, up, promises):
    """`down()` takes the first tracker away, `up()` gives it back."""
    pairs = place.differences()[1]
    ticket, issue = pairs[0]
    down()
    begun = time.monotonic()
    for i in range(5):
        place.rt.update(ticket, Subject=f"{name} sujet {i}")
        place.rt.comment(ticket, f"{name} numéro {i}", public=True)
    lonely = place.rt.create(f"{name} pendant la panne", "texte")

    # The other flow shares the helpdesk and the hub, and not the system that is down.
    there = second_rt.create(f"{name} autre flux", "texte")
    here = second_redmine.create(f"{name} retour de l'autre flux", "texte")

    def passed():
        subjects = [fields["subject"] for fields in second_redmine.all().values()]
        back = [fields["subject"] for fields in second_rt.all().values()]
        return f"{name} autre flux" in subjects and f"{name} retour de l'autre flux" in back

    try:
        peers.wait_until(passed, seconds)
        spent = time.monotonic() - begun
    except TimeoutError:
        spent = None
    promises.check(f"{name}: another flow goes on, both ways (RT {there}, Redmine {here})",
                   spent is not None, "not at all" if spent is None else f"after {spent:.1f} s")
    while time.monotonic() - begun < seconds:
        time.sleep(0.5)
    report = json.loads(place.navette.command("status", "--json", check=False).stdout)
    waiting = [one for one in report["waiting"] if one["flow"] == world.FLOW]
    promises.check(f"{name}: what waits says why and since when",
                   bool(waiting) and all(one["reason"] and one["since"] for one in waiting),
                   "; ".join(f"{one['changes']} since {one['since']}: {one['reason']}"
                             for one in waiting))
    up()
    begun = time.monotonic()

    def drained():
        twin = [number for number, fields in place.redmine.all().items()
                if fields["mark"] == f"RT-{lonely}"]
        return twin and not place.pending() \
            and place.redmine.fields(issue)["subject"] == f"{name} sujet 4"

    try:
        peers.wait_until(drained, MARGIN, 1)
        spent = f"{time.monotonic() - begun:.1f} s after it was back"
    except TimeoutError:
        spent = ""
    promises.check(f"{name}: it drains", bool(spent), spent)
    order = [comment.text.split("numéro ")[1].strip()
             for comment in place.redmine.messages(issue)[1] if f"{name} numéro " in comment.text]
    promises.check(f"{name}: comments arrive once each, and in order",
                   order == [str(i) for i in range(5)], order)
    wrong, _, _ = place.converge(MARGIN)
    promises.check(f"{name}: both sides agree afterwards", not wrong, "; ".join(wrong[:3]))


def main(options):
    promises = world.Promises()
    with world.World(options) as place:
        server = world.Server("redmine.sh", place.folder / "redmine2")
        server.start()
        try:
            add_second_flow(place, server)
            second_redmine = peers.Redmine(server.values["REDMINE_URL"],
                                           server.values["REDMINE_ALICE_KEY"])
            second_rt = peers.RequestTracker(place.rt.url, place.rt.token, "Strict")
            place.navette.start()
            place.rt.create("le premier", "texte")
            place.converge(MARGIN)
            tracker = place.redmine_server
            ways = {"silent": (tracker.pause, tracker.resume),
                    "gone": (tracker.stop, tracker.restart)}
            for name in options.ways:
                # A call without an answer has a reason to give only once its time is over.
                seconds = max(options.seconds, SILENCE_MIN) if name == "silent" \
                    else options.seconds
                outage(place, second_rt, second_redmine, seconds, name, *ways[name], promises)
            promises.check("every change is accounted for", *world.balance(place.navette))
        finally:
            server.stop()
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--seconds", type=float, default=60, help="how long a system is down")
    made.add_argument("--ways", nargs="+", choices=["silent", "gone"], default=["silent", "gone"])
    world.run(main, made.parse_args())
