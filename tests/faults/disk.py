"""The store's disk is full, read-only, broken or frozen while people work and hints come in: intake
answers 503 or stops, says so, loses nothing that it accepted, and goes on by itself.
"""
import errno
import json
import sqlite3
import sys
import time

import faulty  # first: it knows where tests/e2e is
import peers
import trouble
import world

MARGIN = 120
REQUESTS_MAX = 20  # a second, to both systems, while nothing can be written down


class Person:
    """Works on both sides while the disk is in trouble."""

    def __init__(self, place, pair):
        self.place, self.pair, self.done = place, pair, 0

    def work(self):
        self.done += 1
        self.place.rt.update(self.pair[0], Subject=f"sujet {self.done}")
        self.place.rt.comment(self.pair[0], f"mot d{self.done:04d}", public=True)
        self.place.redmine.comment(self.pair[1], f"note d{self.done:04d}", public=False)


def health(place):
    """(code, the report) of /healthz; (0, {}) when it does not answer."""
    try:
        code, body = peers.http("GET", f"http://{place.listen}/healthz", timeout=20)
    except peers.HttpError as error:
        code, body = error.code, error.body
    except OSError:
        return 0, {}
    return code, json.loads(body)


def requests(place):
    return sum(one.requests for one in place.proxies().values())


def lost_hints(place, hooks):
    """Numbers that were answered 202 and are not in the store."""
    store = sqlite3.connect(f"file:{place.store_file()}?mode=ro", uri=True, timeout=10)
    try:
        rows = store.execute("SELECT payload FROM payloads JOIN changes ON change = seq "
                             "WHERE origin = 'webhook'").fetchall()
    finally:
        store.close()
    there = {json.loads(row[0]).get("number") for row in rows}
    return [number for number in hooks.accepted if number not in there]


class Ordeal:
    """One trouble: `down` begins it, `up` ends it."""

    def __init__(self, place, promises, person, seconds):
        self.place, self.promises, self.person, self.seconds = place, promises, person, seconds

    def run(self, name, down, up, word, status=True):
        place, check = self.place, self.promises.check
        hooks = trouble.Hooks(place.listen, [self.person.pair[0]])
        hooks.start()
        self.person.work()
        process, log_size = place.navette.process, place.navette.log.stat().st_size
        down()
        self.person.work()
        time.sleep(2)
        hooks.codes.clear()
        begun, before = time.monotonic(), requests(place)
        codes, reasons = set(), set()
        said = ""
        while time.monotonic() - begun < self.seconds:
            code, report = health(place)
            codes.add(code)
            reasons.update(report.get("reasons", []))
            if status and not said:
                said = place.navette.command("status", check=False).stdout
            time.sleep(1)
        self.person.work()
        rate = (requests(place) - before) / (time.monotonic() - begun)
        seen = dict(hooks.codes)
        up()
        back = time.monotonic()
        check(f"{name}: hints are answered 503, with the time to come again",
              set(seen) == {503} and not hooks.without_time, seen)
        words = "; ".join(sorted(reasons))
        check(f"{name}: /healthz is 503 and says why", codes == {503} and word in words, words)
        if status:
            check(f"{name}: status says why", "can't be written" in said,
                  next((line for line in said.splitlines() if "can't be" in line), said[-80:]))
        check(f"{name}: the systems are left alone meanwhile", rate < REQUESTS_MAX,
              f"{rate:.1f} requests a second")
        self.after(name, hooks, process, log_size, back, word)

    def after(self, name, hooks, process, log_size, back, word):
        """It goes on by itself, and all that was accepted is done."""
        place, check = self.place, self.promises.check
        try:
            peers.wait_until(lambda: hooks.accepted_at > back, MARGIN, 0.2)
            spent = f"{hooks.accepted_at - back:.1f} s after there was room"
        except TimeoutError:
            spent = ""
        check(f"{name}: it goes on by itself, as the same process",
              spent and place.navette.process is process and process.poll() is None, spent)
        hooks.stop.set()
        hooks.join(30)
        with open(place.navette.log, "rb") as log:
            log.seek(log_size)
            lines = log.read().decode("utf-8", "replace").splitlines()
        told = [line for line in lines if "store_down" in line]
        if word == "store":
            check(f"{name}: the log says so, without a flood",
                  1 <= len(told) < 20 and any("store_up" in line for line in lines),
                  f"{len(told)} times; {len(lines)} lines in all")
        wrong, _, _ = place.converge(MARGIN)
        check(f"{name}: both sides agree afterwards", not wrong, "; ".join(wrong[:3]))
        lost = lost_hints(place, hooks)
        # A poll may bring a change at any moment; those of the hints have ended once none is left.
        peers.wait_until(lambda: not place.pending(), MARGIN, 0.2)
        check(f"{name}: each of {len(hooks.accepted)} accepted hints was carried out", not lost,
              lost[:5])
        check(f"{name}: every change is accounted for", *world.balance(place.navette))


def fill_again_and_again(place, disk, person, times, promises):
    """The disk fills at random moments of the work, and gets room again."""
    hooks = trouble.Hooks(place.listen, [person.pair[0]], 0.1)
    hooks.start()
    chance = faulty.random.Random(f"disk/{place.options.seed}")
    for _ in range(times):
        person.work()
        time.sleep(chance.uniform(0, 1.5))
        disk.fill()
        person.work()
        time.sleep(chance.uniform(0.5, 3))
        disk.free()
        time.sleep(chance.uniform(0, 4))
    hooks.stop.set()
    hooks.join(30)
    wrong, _, _ = place.converge(MARGIN)
    lost = lost_hints(place, hooks)
    promises.check(f"full {times} times at random moments: nothing lost or doubled",
                   not wrong and not lost and set(hooks.codes) <= {202, 503},
                   f"{dict(hooks.codes)} {'; '.join(wrong[:3])} {lost[:5]}")
    promises.check("every change is accounted for", *world.balance(place.navette))


def killed_while_full(place, disk, person, promises):
    """A hub that dies on a full disk starts again once there is room."""
    disk.fill()
    person.work()
    time.sleep(2)
    place.navette.kill()
    disk.free()
    place.navette.start()
    wrong, _, _ = place.converge(MARGIN)
    promises.check("killed on a full disk: nothing is lost or doubled", not wrong,
                   "; ".join(wrong[:3]))
    place.navette.kill()
    person.work()
    disk.read_only()
    done = place.navette.command("run", check=False, timeout=30)
    promises.check("on a read-only disk it does not start, and says why",
                   done.returncode == 3 and "store" in done.stderr,
                   f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
    status = place.navette.command("status", check=False)
    promises.check("status can still be read there", "difference" in status.stdout,
                   (status.stdout + status.stderr).strip().splitlines()[-1:])
    disk.writable()
    place.navette.start()
    wrong, _, _ = place.converge(MARGIN)
    promises.check("writable again, it starts and catches up", not wrong, "; ".join(wrong[:3]))


def main(options):
    why = trouble.why_no_disk()
    if why:
        print(f"SKIPPED: no file system of its own: {why}")
        sys.exit(77)
    promises = world.Promises()
    with faulty.FaultyWorld(options) as place:
        disk = trouble.Disk(place.folder / "data")
        disk.mount()
        try:
            shim = trouble.Shim(options.shim.resolve(), place.folder / "faults", disk.folder)
            place.navette.env.update(shim.env)
            place.navette.start()
            place.rt.create("le premier", "texte")
            place.redmine.create("le second", "texte")
            wrong, pairs, _ = place.converge(MARGIN)
            promises.check("at first all is well", not wrong and len(pairs) == 2, wrong[:3])
            person = Person(place, pairs[0])
            ordeal = Ordeal(place, promises, person, options.seconds)
            ordeal.run("disk full", disk.fill, disk.free, "store")
            ordeal.run("read-only", lambda: shim.writing(errno.EROFS),
                       lambda: shim.writing(0), "store", status=False)
            ordeal.run("flushing fails", lambda: shim.flushing(errno.EIO),
                       lambda: shim.flushing(0), "store", status=False)
            ordeal.run("disk frozen", disk.freeze, disk.thaw, "loop", status=False)
            fill_again_and_again(place, disk, person, options.times, promises)
            killed_while_full(place, disk, person, promises)
            promises.check("the store is sound",
                           place.ask_store("PRAGMA integrity_check") == "ok")
        finally:
            place.navette.kill()
            disk.unmount()
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--seconds", type=float, default=20, help="how long each trouble lasts")
    made.add_argument("--times", type=int, default=20, help="how often the disk fills")
    made.add_argument("--shim", type=faulty.pathlib.Path,
                      default=world.ROOT / "build/release/tests/faults/libnavette_faults_shim.so")
    world.run(main, made.parse_args())
