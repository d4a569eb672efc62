"""The hub's clock is set forward, back and right again, under work and with a system down at that
moment: nothing is lost or doubled, and nothing waits for the clock.

CLOCK_REALTIME can't be moved for one process, so shim.cc moves what libc answers.
"""
import time

import faulty  # first: it knows where tests/e2e is
import trouble
import world

SOON = 60  # seconds; far less than any of the jumps
HOUR = 3600


def main(options):
    promises = world.Promises()
    with faulty.FaultyWorld(options) as place:
        shim = trouble.Shim(options.shim.resolve(), place.folder / "faults", place.folder / "data")
        place.navette.env.update(shim.env)
        place.navette.start()
        place.rt.create("le premier", "texte")
        wrong, pairs, _ = place.converge(SOON)
        promises.check("at first all is well", not wrong and len(pairs) == 1, wrong[:3])
        ticket, issue = pairs[0]
        for i, (name, ahead) in enumerate([("an hour forward", HOUR), ("two hours back", -HOUR),
                                           ("right again", 0), ("a year back", -8766 * HOUR),
                                           ("right again", 0)]):
            place.redmine_proxy.dark()
            place.rt.update(ticket, Subject=f"sujet {i}")
            place.rt.comment(ticket, f"mot {i} avant", public=True)
            time.sleep(3)
            shim.clock(ahead)
            place.redmine_proxy.light()
            place.redmine.comment(issue, f"note {i} après", public=False)
            place.rt.create(f"nouveau {i}", "texte")
            place.redmine.create(f"autre {i}", "texte")
            wrong, pairs, spent = place.converge(SOON)
            promises.check(f"{name}: both sides agree soon",
                           not wrong and len(pairs) == 3 + 2 * i,
                           f"{spent:.1f} s, {len(pairs)} pairs {'; '.join(wrong[:3])}")
            if i == 1:
                place.navette.kill()
                place.navette.start()
        promises.check("every change is accounted for", *world.balance(place.navette))
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--shim", type=faulty.pathlib.Path,
                      default=world.ROOT / "build/release/tests/faults/libnavette_faults_shim.so")
    world.run(main, made.parse_args())
