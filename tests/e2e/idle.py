"""What Navette costs while nothing happens: two systems, a poll of each every 5 s."""
import time

import world

CPU_MAX, MEMORY_MAX = 0.01, 40  # of one core; MB


def main(options):
    promises = world.Promises()
    with world.World(options, poll="5s") as place:
        for i in range(10):
            place.rt.create(f"au repos {i}", "texte")
        place.navette.start()
        place.converge(120)
        place.quiet()
        begun, (before, _) = time.monotonic(), place.navette.usage()
        time.sleep(options.seconds)
        after, memory = place.navette.usage()
        share = (after - before) / (time.monotonic() - begun)
        promises.check(f"idle: below {CPU_MAX:.0%} of a core over {options.seconds:g} s",
                       share < CPU_MAX, f"{share:.2%}")
        promises.check(f"idle: below {MEMORY_MAX} MB resident", memory < MEMORY_MAX * 1e6,
                       f"{memory / 1e6:.1f} MB")
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--seconds", type=float, default=60)
    world.run(main, made.parse_args())
