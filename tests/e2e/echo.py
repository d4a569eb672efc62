"""No echo: what the counts of transactions and journals rise by is what people's edits explain, and
once all is quiet they rise no more."""
import collections

import world
from world import table

MARGIN = 120


def writes(place):
    """How many transactions and journals Navette's own user has made, by kind."""
    counts = collections.Counter()
    for entry in place.rt.transactions_after(0):
        if entry["Creator"]["id"] == "navette":
            counts["RT " + entry["Type"]] += 1
    for issue in place.redmine.all():
        for journal in place.redmine.journals(issue):
            if journal["user"]["name"] == "Navette Sync":
                counts["Redmine journal"] += 1
    return counts


def main(options):
    promises = world.Promises()
    with world.World(options) as place:
        place.navette.start()
        rt, redmine, size = place.rt, place.redmine, options.tickets
        for i in range(size):
            rt.create(f"client {i}", f"texte {i}", CustomFields={"Severity": "Major"})
            redmine.create(f"fournisseur {i}", f"texte {i}", priority="Urgent")
        wrong, pairs, _ = place.converge(MARGIN)
        promises.check("tickets of both sides have twins", not wrong, "; ".join(wrong[:3]))
        place.quiet()
        created = writes(place)

        rounds = [
            ("subject in RT", lambda a, b: rt.update(a, Subject=f"sujet {a}"),
             {"Redmine journal": 1}),
            ("subject in Redmine", lambda a, b: redmine.update(b, subject=f"objet {b}"),
             {"RT Set": 1}),
            ("severity in RT", lambda a, b: rt.set_severity(a, "Minor"), {"Redmine journal": 1}),
            ("priority in Redmine", lambda a, b: redmine.update(b, priority="Immediate"),
             {"RT CustomField": 1}),
            ("same fact, other word", lambda a, b: redmine.update(b, priority="Urgent"), {}),
            ("status in RT", lambda a, b: rt.update(a, Status="open"), {"Redmine journal": 1}),
            ("status in Redmine", lambda a, b: redmine.update(b, status="Resolved"),
             {"RT Status": 1}),
            ("public comment in Redmine", lambda a, b: redmine.comment(b, f"note {b}", True),
             {"RT Correspond": 1}),
            ("internal comment in RT", lambda a, b: rt.comment(a, f"interne {a}", False),
             {"Redmine journal": 1}),
            ("a write that changes nothing", lambda a, b: redmine.update(b, subject=f"objet {b}"),
             {}),
        ]
        rows, before = [["creation", dict(created), ""]], created
        for name, edit, expected in rounds:
            for pair in pairs:
                edit(*pair)
            wrong, _, _ = place.converge(MARGIN)
            place.quiet()
            now = writes(place)
            found, before = dict(now - before), now
            # A reply in RT opens a resolved ticket again, which then is carried over too.
            expected = {kind: count * len(pairs) for kind, count in expected.items()}
            extra = {kind: count for kind, count in found.items() if count > expected.get(kind, 0)}
            if name == "public comment in Redmine":
                extra.pop("RT Status", None)
                extra.pop("Redmine journal", None)
            rows.append([name, found, expected])
            promises.check(f"{name}: no more writes than edits, and both agree",
                           not extra and not wrong,
                           f"{found}, explained {expected} {'; '.join(wrong[:2])}")
        print("\n" + table(["round", "writes by Navette", "explained by the edits"], rows))

        quiet = place.quiet()
        seconds = 3 * float(place.poll.rstrip("s")) + 1
        promises.check(f"quiet for three more polls ({seconds:g} s)", place.quiet() == quiet,
                       f"last transaction {quiet[0]}, {quiet[1]} journals, {quiet[2]} issues")
        promises.check("every change is accounted for", *world.balance(place.navette))
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--tickets", type=int, default=5, help="on each side")
    world.run(main, made.parse_args())
