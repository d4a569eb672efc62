"""The same flow with both connectors as processes of their own, over tcp with CURVE: a wrong key
gets nothing; killing and starting a connector again loses nothing and doubles nothing.
"""
import json
import subprocess
import time

import world

MARGIN = 120
SYSTEMS = {"acme-helpdesk": "request-tracker", "tracker": "redmine"}


def make_keys(place):
    """A pair whose public key may stand in YAML: "${" begins a reference there."""
    while True:
        pair = json.loads(subprocess.run([place.navette.binary, "keys", "--json"], check=True,
                                         capture_output=True, text=True).stdout)
        if "${" not in pair["public_key"]:
            return pair


class Connector:
    """`navette connector run SYSTEM` as a process."""

    def __init__(self, place, system, secret_key):
        self.log = place.folder / f"{system}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [place.navette.binary, "connector", "run", system, "--config", str(place.config)],
                env={**place.navette.env, "NAVETTE_BUS_SECRET_KEY": secret_key},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)


def set_up(place):
    """Keys for the hub and each connector; answers the connectors' pairs."""
    hub, pairs = make_keys(place), {system: make_keys(place) for system in SYSTEMS}
    path = place.config / "navette.yaml"
    text = path.read_text()
    for system, connector in SYSTEMS.items():
        line = f"    connector: {connector}\n"
        text = text.replace(line, f"{line}    external: true\n"
                                  f"    bus_public_key: '{pairs[system]['public_key']}'\n")
    path.write_text(text + f"""
bus:
  listen: tcp://127.0.0.1:{world.free_port()}
  public_key: '{hub['public_key']}'
  secret_key: ${{env:NAVETTE_HUB_KEY}}
""")
    place.navette.env["NAVETTE_HUB_KEY"] = hub["secret_key"]
    return pairs


def redmine_writes(place):
    """What the service user wrote to Redmine; nothing while it has no connector."""
    return len(place.redmine.all())


def main(options):
    promises, running = world.Promises(), {}
    with world.World(options) as place:
        try:
            pairs = set_up(place)
            place.navette.start()
            running["acme-helpdesk"] = Connector(place, "acme-helpdesk",
                                                 pairs["acme-helpdesk"]["secret_key"])
            running["tracker"] = Connector(place, "tracker", make_keys(place)["secret_key"])
            place.rt.create("clé fausse", "texte")
            time.sleep(options.seconds)
            report = json.loads(place.navette.command("status", "--json", check=False).stdout)
            promises.check("a connector with a wrong key gets nothing", redmine_writes(place) == 0,
                           "; ".join(one["reason"] for one in report["waiting"]))
            running["tracker"].kill()
            running["tracker"] = Connector(place, "tracker", pairs["tracker"]["secret_key"])
            wrong, found, spent = place.converge(MARGIN)
            promises.check("with the right key what waited is delivered",
                           not wrong and len(found) == 1, f"{spent:.1f} s {'; '.join(wrong[:3])}")

            tickets = [place.rt.create(f"client {i}", "texte") for i in range(options.tickets)]
            issues = [place.redmine.create(f"fournisseur {i}", "texte")
                      for i in range(options.tickets)]
            for system in SYSTEMS:
                running[system].kill()
                for i, (ticket, issue) in enumerate(zip(tickets, issues)):
                    place.rt.comment(ticket, f"{system} mot {i}", public=True)
                    place.redmine.update(issue, subject=f"{system} objet {i}")
                running[system] = Connector(place, system, pairs[system]["secret_key"])
                wrong, found, spent = place.converge(MARGIN)
                promises.check(f"{system}: killed and started again: nothing lost or doubled",
                               not wrong and len(found) == 1 + 2 * options.tickets,
                               f"{spent:.1f} s, {len(found)} pairs {'; '.join(wrong[:3])}")
            promises.check("every change is accounted for", *world.balance(place.navette))
            for system, connector in running.items():
                promises.check(f"{system}: ends with 0 on SIGTERM", connector.stop() == 0)
        finally:
            for connector in running.values():
                if connector.process.poll() is None:
                    connector.kill()
    return promises.finish()


if __name__ == "__main__":
    made = world.parser(__doc__)
    made.add_argument("--tickets", type=int, default=5, help="on each side")
    made.add_argument("--seconds", type=float, default=8, help="how long a wrong key is tried")
    world.run(main, made.parse_args())
