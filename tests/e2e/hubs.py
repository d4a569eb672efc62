"""Two hubs on one PostgreSQL: the one that works is killed, stands still, or is cut off from the
store, under traffic; the other one takes over. The first one wakes up and tries to go on. Nothing
is lost, and nothing is doubled.
"""
import json
import signal
import threading
import time

import peers
import postgres
import world

MARGIN = 150
TAKEN_WITHIN = 10.0
SETTLED_WITHIN = 30.0
FAILED = 3  # how a hub ends that lost its flows


class Hub(world.Navette):
    """One of two hubs on the same configuration; `wire`: its own way to the store."""

    def __init__(self, place, name, wire):
        folder = place.folder / name
        folder.mkdir()
        env = {**place.navette.env, "NAVETTE_DATA": str(folder),
               "NAVETTE_LISTEN": f"127.0.0.1:{world.free_port()}",
               "NAVETTE_STORE_PORT": str(wire.port)}
        super().__init__(place.options.navette, place.config, env, place.folder / f"{name}.log")
        self.name, self.wire = name, wire

    def health(self):
        try:
            _, body = peers.http("GET", f"http://{self.listen}/healthz", timeout=2)
            return json.loads(body)
        except peers.HttpError as error:
            return {"status": "down" if error.code == 503 else "gone"}
        except (OSError, ValueError):
            return {"status": "gone"}

    def state(self):
        return self.health()["status"]

    def report(self):
        health = self.health()
        return "; ".join([health["status"], *health.get("reasons", [])])


class Traffic:
    """People who go on working on both sides while hubs come and go."""

    def __init__(self, place):
        self.place, self.end, self.made, self.trouble = place, threading.Event(), [], []
        self.threads = [threading.Thread(target=self._guarded, args=(work,))
                        for work in (self._helpdesk, self._tracker)]
        for thread in self.threads:
            thread.start()

    def _guarded(self, work):
        number = 0
        while not self.end.wait(0.4):
            try:
                work(number)
            except Exception as error:  # pylint: disable=broad-except
                self.trouble.append(repr(error))
            number += 1

    def _helpdesk(self, number):
        ticket = self.place.rt.create(f"client {time.monotonic():.3f}", "texte")
        self.made.append(ticket)
        self.place.rt.comment(ticket, f"mot {number}", public=True)
        self.place.rt.comment(ticket, f"note {number}", public=False)

    def _tracker(self, number):
        issue = self.place.redmine.create(f"fournisseur {time.monotonic():.3f}", "texte")
        self.made.append(issue)
        self.place.redmine.update(issue, subject=f"objet {time.monotonic():.3f}")

    def stop(self):
        self.end.set()
        for thread in self.threads:
            thread.join()


def use_postgres(place):
    path = place.config / "navette.yaml"
    text = path.read_text()
    old = next(line for line in text.splitlines() if line.startswith("store:"))
    path.write_text(text.replace(
        old, "store: postgresql://navette@127.0.0.1:${env:NAVETTE_STORE_PORT}/postgres\n"
             "folder: ${env:NAVETTE_DATA}"))


def take_away(hub, how):
    if how == "killed":
        hub.kill()
    elif how == "stands still":
        hub.process.send_signal(signal.SIGSTOP)
    else:
        hub.wire.cut()


def give_back(hub, how, promises):
    """It wakes up and tries to go on: it must find out, and end."""
    if how == "killed":
        return
    if how == "stands still":
        hub.process.send_signal(signal.SIGCONT)
    else:
        hub.wire.mend()
    begun = time.monotonic()
    code = hub.process.wait(30)
    promises.check(f"{how}: the first one finds that it lost its flows, and ends", code == FAILED,
                   f"exit code {code} after {time.monotonic() - begun:.1f} s")


def wait_for_states(active, standby):
    """A hub that has just begun is degraded until its systems have answered it once."""
    end = time.monotonic() + SETTLED_WITHIN
    while True:
        states = (active.state(), standby.state())
        if states == ("ok", "standby") or time.monotonic() > end:
            return states == ("ok", "standby"), (f"{active.name} {active.report()}, "
                                                 f"{standby.name} {standby.report()}")
        time.sleep(0.1)


def change_over(place, active, standby, how, promises):
    settled, seen = wait_for_states(active, standby)
    promises.check(f"{how}: before, one works and one waits", settled, seen)
    place.navette = standby
    traffic = Traffic(place)
    time.sleep(3)
    begun = time.monotonic()
    take_away(active, how)
    peers.wait_until(lambda: standby.state() in ("ok", "degraded"), 60, 0.1)
    spent = time.monotonic() - begun
    promises.check(f"{how}: the other one takes over within {TAKEN_WITHIN:.0f} s",
                   spent <= TAKEN_WITHIN, f"{spent:.1f} s")
    time.sleep(3)
    give_back(active, how, promises)
    time.sleep(2)
    traffic.stop()
    promises.check(f"{how}: people could work all the while", not traffic.trouble,
                   f"{len(traffic.made)} tickets {'; '.join(traffic.trouble[:2])}")
    wrong, pairs, spent = place.converge(MARGIN)
    promises.check(f"{how}: nothing lost, nothing doubled, nothing shown", not wrong,
                   f"{len(pairs)} pairs, {spent:.1f} s {'; '.join(wrong[:3])}")
    promises.check(f"{how}: every change is accounted for", *world.balance(standby))
    active.start()


def main(options):
    promises, hubs, wires = world.Promises(), [], []
    with world.World(options, webhook=False) as place:
        server = postgres.Postgres(place.folder / "postgres")
        try:
            place.folder.chmod(0o711)  # the server is another user
            server.start()
            use_postgres(place)
            for name in ("one", "two"):
                wires.append(postgres.Wire(server.socket))
                hubs.append(Hub(place, name, wires[-1]))
                hubs[-1].start()
            for how in options.how or ("killed", "stands still", "cut off"):
                change_over(place, hubs[0], hubs[1], how, promises)
                hubs.reverse()
            begun = time.monotonic()
            hubs[0].stop()
            peers.wait_until(lambda: hubs[1].state() in ("ok", "degraded"), 30, 0.1)
            promises.check("one that is stopped gives its flows back at once",
                           time.monotonic() - begun < 5, f"{time.monotonic() - begun:.1f} s")
        finally:
            for hub in hubs:
                hub.kill()
            for wire in wires:
                wire.close()
            server.stop()
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--how", action="append", help="only this: killed, stands still, cut off")
    world.run(main, made.parse_args())
