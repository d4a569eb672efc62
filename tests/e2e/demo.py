"""Watch a real Request Tracker and a real Redmine agree, with Navette between them."""
import time

import world
from world import table

STEPS = 90  # seconds that one act may take until both sides agree


def show(place, pairs):
    """Both sides beside each other."""
    rt_all, redmine_all = place.rt.all(), place.redmine.all()
    rows = []
    for rt, redmine in pairs:
        a, b = rt_all[rt], redmine_all[redmine]
        _, comments_a, files_a = place.rt.messages(rt)
        _, comments_b, files_b = place.redmine.messages(redmine)
        rows.append([f"RT {rt}", a["subject"][:34], a["status"], a["severity"] or "-",
                     a["owner"] or "-", len(comments_a), len(files_a)])
        rows.append([f"  = Redmine {redmine}", b["subject"][:34], b["status"], b["severity"],
                     b["owner"] or "-", len(comments_b), len(files_b)])
    return table(["ticket", "subject", "status", "severity/priority", "owner", "comments", "files"],
                 rows)


def progress():
    """A reporter that says only what changed."""
    last = []

    def report(waiting, wrong, pairs):
        line = f"  {len(pairs)} pairs, {waiting} changes waiting, {len(wrong)} differences"
        if last != [line]:
            last[:] = [line]
            print(line + (f" ({wrong[0]})" if wrong else ""), flush=True)
    return report


def act(place, number, title, does):
    print(f"\n{number}. {title}", flush=True)
    does()
    wrong, pairs, spent = place.converge(STEPS, report=progress())
    if wrong:
        print(f"\nBoth sides do not agree after {spent:.0f} s:")
        print("\n".join(f"  {sentence}" for sentence in wrong))
        print(f"\nNavette's last words:\n{place.navette.tail()}")
        raise RuntimeError("the two sides do not agree")
    print(f"  agree after {spent:.1f} s\n")
    print(show(place, pairs), flush=True)
    return [str(number), title, f"{spent:.1f} s", len(pairs)]


def main(options):
    begun = time.monotonic()
    print("starting Request Tracker, Redmine and Navette ...", flush=True)
    with world.World(options) as place:
        rt, redmine, ids = place.rt, place.redmine, {}
        place.navette.start()
        print(f"  Request Tracker {rt.url}\n  Redmine         {redmine.url}\n"
              f"  Navette         http://{place.listen}")

        def create():
            ids["rt"] = rt.create("Imprimante en panne", "Bonjour,\nplus d'encre au 3e étage.",
                                  Requestor="alice@client.example",
                                  CustomFields={"Severity": "Major"})
            ids["redmine"] = redmine.create("Mise à jour du VPN", "Samedi soir.", priority="Low")

        def edit():
            rt.update(ids["rt"], Owner="camille", Status="open")
            rt.set_severity(ids["rt"], "Critical")
            redmine.update(ids["redmine"], subject="Mise à jour du VPN (samedi 20 h)",
                           status="In Progress", owner="Bob Developer")

        def talk():
            rt.comment(ids["rt"], "Nous regardons, merci. 🖨", public=True)
            rt.comment(ids["rt"], "Le contrat couvre-t-il les cartouches ?", public=False)
            redmine.comment(ids["redmine"], "Prévu pour samedi.", public=True)
            redmine.comment(ids["redmine"], "Attention au certificat.", public=False)

        def files():
            rt.comment(ids["rt"], "Photo jointe.", public=True,
                       files=[("photo écran.png", bytes(range(256)) * 400)])
            redmine.attach(ids["redmine"], "plan réseau.pdf", b"%PDF-1.4 " + bytes(50000))

        def close():
            rt.update(ids["rt"], Status="resolved")
            redmine.update(ids["redmine"], status="Resolved")

        rows = [act(place, 1, "a ticket on each side", create),
                act(place, 2, "edits on each side", edit),
                act(place, 3, "public and internal comments", talk),
                act(place, 4, "files", files),
                act(place, 5, "both are resolved", close)]
        balanced, sentence = world.balance(place.navette)
        print("\n" + table(["", "what happened", "both agree after", "pairs"], rows))
        print(sentence)
        if not balanced:
            raise RuntimeError("some changes are not accounted for")
        print(f"demo: both sides agree, {time.monotonic() - begun:.0f} s")
        if options.keep:
            keep(place)
    return 0


def keep(place):
    place.kept = True
    rt, redmine = place.rt_server.values, place.redmine_server.values
    scripts = world.ROOT / "tests/systems"
    print(f"""
Everything stays up:
  Request Tracker  {rt['RT_URL']}   root / {rt['RT_ROOT_PASSWORD']},  camille / \
{rt['RT_AGENT_PASSWORD']}
  Redmine          {redmine['REDMINE_URL']}   admin / admin-secret,  alice / alice-secret
  Navette          http://{place.listen}/metrics   log: {place.navette.log}
To end it:
  kill {place.navette.process.pid}
  {scripts}/rt.sh down {place.folder}/rt
  {scripts}/redmine.sh down {place.folder}/redmine""")


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--keep", action="store_true", help="leave all running, print the log-ins")
    world.run(main, made.parse_args())
