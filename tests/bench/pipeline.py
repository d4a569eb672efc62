#!/usr/bin/env python3
"""The whole way of a change, measured: a webhook comes, is journalled, mapped, merged, and written
to a system over loopback HTTP, by the real `navette run`; beside a Node-RED flow and a server
written by hand that do the same without a journal; and beside what store and bus alone take.

  pipeline.py --navette BINARY --load BINARY [--limits BINARY] [--bus BINARY] [--modules DIR]
              [--count 10000] [--stores sqlite,postgres] [--check]

Load and systems are one program (pipeline/load.cc) whose own cost is printed; everything shares
this machine, so trust ratios and processor time. Every change must arrive exactly once and hold
what the mapping by hand makes of it; what does not, has no figure. With --check only this is looked
at, with few changes and no ratios. Exit code 1: something arrived wrong; 2: a target is not
reached.
"""
import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))

TICK = os.sysconf("SC_CLK_TCK")
WARM_UP = 300
RATE, RATE_SECONDS, P99_MAX = 500, 6, 25
PATIENCE = 20
# How mapping/flow.yaml differs between two systems: there a template is a mark by which a twin is
# found again, and these two are only texts; and a ticket's own id is nobody's to write, so that the
# board's connector calls it `ref`. (A mark is not needed: the board knows a create by its key.)
IN_A_HUB = {
    "client: {}\nprovider: {}\n": """client: {system: desk, entity: ticket}
provider: {system: board, entity: ticket}
direction: to-provider
comments: false
attachments: false
""",
    '{client: key, provider: id, template: "jira:{value}"}':
        "{provider: ref, expr: {provider: \"'jira:' & key\"}, direction: to-provider, "
        "when: create}",
    'template: "https://helpdesk.example/browse/{fields.project.key}/{key}"':
        "expr: {provider: \"'https://helpdesk.example/browse/' & fields.project.key & '/' & key\"}",
}


def usage_of(pids):
    """Processor seconds and resident MB (each at its peak) of these processes."""
    seconds, memory = 0.0, 0.0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            seconds += (int(fields[11]) + int(fields[12])) / TICK
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    memory += int(line.split()[1]) / 1024
    return seconds, memory


def family_of(pid):
    """The process and all that it started."""
    found = [pid]
    with contextlib.suppress(OSError):
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += family_of(int(child))
    return found


def wait_for(url, process, seconds=60, check=lambda text: True):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(url, timeout=2) as answer:
                if check(answer.read().decode()):
                    return
        time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer as it should")


class Load:
    """pipeline/load.cc as a process: makes the load, and is both systems."""

    def __init__(self, program, tickets, seed):
        self.process = subprocess.Popen([program, str(tickets), str(seed)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("pipeline_load ended")
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


class Process:
    """Something that takes webhooks, as a process; ends with stop()."""
    port, path = 0, ""

    def __init__(self, folder):
        self.folder, self.process = folder, None

    def launch(self, command, env=None, out=None):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out or log,
                                            stderr=log, env={**os.environ, **(env or {})})

    def pids(self):
        return family_of(self.process.pid)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def balance(self):
        return ""


def free_port():
    import world
    return world.free_port()


class Navette(Process):
    path = "/hooks/desk"

    def __init__(self, folder, options, sink, store, server=None):
        super().__init__(folder)
        self.binary, self.server, self.port = options.navette, server, free_port()
        (folder / "flows").mkdir()
        place, most = f"http://127.0.0.1:{sink}", options.concurrency
        (folder / "navette.yaml").write_text(f"""
store: {store}
folder: {folder}
listen: 127.0.0.1:{self.port}
systems:
  desk: {{connector: loopback, url: "{place}/desk", poll: 1h, concurrency: {most}}}
  board: {{connector: loopback, url: "{place}/board", poll: 1h, concurrency: {most}}}
flows: flows/*.yaml
""")
        flow = (HERE / "mapping/flow.yaml").read_text()
        for was, now in IN_A_HUB.items():
            if was not in flow:
                raise RuntimeError(f"mapping/flow.yaml has no {was!r}")
            flow = flow.replace(was, now)
        (folder / "flows/bench.yaml").write_text(flow)
        self.env = {"NAVETTE_CONNECTORS": str(HERE / "pipeline")}
        wrapper = options.under.split() if options.under else []
        self.launch([*wrapper, self.binary, "run", "--config", str(folder)], self.env)
        wait_for(f"http://127.0.0.1:{self.port}/healthz", self.process, 120,
                 lambda text: '"ok"' in text)

    def pids(self):
        found = super().pids()
        return found + (family_of(self.server.process.pid) if self.server else [])

    def balance(self):
        """What `navette status` says is wrong; empty: all that came in has ended well."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status", timeout=10) as answer:
            flow = json.loads(answer.read())["flows"][0]
        ends = ("pending", "delivered", "unchanged", "filtered", "parked", "dead")
        if flow["accepted"] != sum(flow[end] for end in ends):
            return f"status does not add up: {flow}"
        held = {end: flow[end] for end in ("pending", "parked", "dead") if flow[end]}
        return f"status: {held}" if held else ""


class Hand(Process):
    path = "/"

    def __init__(self, folder, _options, sink, spoilt=""):
        super().__init__(folder)
        self.launch(["node", str(HERE / "pipeline/server.mjs"), "127.0.0.1", str(sink), spoilt],
                    out=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())


class NodeRed(Process):
    path = "/hook"

    def __init__(self, folder, options, sink, expression):
        super().__init__(folder)
        self.port = free_port()
        mapping = {"id": "map", "z": "flow", "wires": [["post"]]}
        if expression:
            text = (HERE / "mapping/map.jsonata").read_text()
            # The expression reads the message; ours reads the ticket.
            rules = [{"t": "set", "p": "payload", "pt": "msg", "to": f"payload.({text})",
                      "tot": "jsonata"}]
            mapping |= {"type": "change", "rules": rules}
        else:
            text = (HERE / "mapping/plain.mjs").read_text().replace("export function", "function")
            mapping |= {"type": "function", "outputs": 1,
                        "func": text + "\nmsg.payload = plain(msg.payload);\nreturn msg;"}
        nodes = [
            {"id": "flow", "type": "tab", "label": "pipeline"},
            {"id": "in", "z": "flow", "type": "http in", "url": "/hook", "method": "post",
             "wires": [["map"]]},
            mapping,
            {"id": "post", "z": "flow", "type": "http request", "method": "POST", "ret": "txt",
             "url": f"http://127.0.0.1:{sink}/plain/tickets", "persist": True,
             "wires": [["out"]]},
            {"id": "out", "z": "flow", "type": "http response", "wires": []},
        ]
        (folder / "flows.json").write_text(json.dumps(nodes))
        (folder / "settings.js").write_text(f"""module.exports = {{
  uiHost: "127.0.0.1", uiPort: {self.port}, flowFile: "flows.json", httpAdminRoot: false,
  logging: {{console: {{level: "warn"}}}}, telemetry: {{enabled: false}}, editorTheme: {{}} }};
""")
        self.launch(["node", f"{options.modules}/node_modules/node-red/red.js", "-u", str(folder),
                     "-s", str(folder / "settings.js")], {"NODE_ENV": "production"})
        end = time.monotonic() + 60
        import socket
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    time.sleep(1)
                    return
            time.sleep(0.1)
        raise RuntimeError("Node-RED does not start: " + (folder / "log").read_text()[-1000:])


# ---- runs ----------------------------------------------------------------------------------------

def without_nothing(value):
    """Missing, null and an empty list are one here: those who write JSON differ in it. And so are a
    list of one text and that text: a plain rule of a flow takes what stands in it (Rule::read)."""
    if isinstance(value, dict):
        kept = {name: without_nothing(member) for name, member in value.items()}
        return {name: member for name, member in kept.items() if member not in (None, [], {})}
    if isinstance(value, list):
        one = len(value) == 1 and not isinstance(value[0], dict)
        return without_nothing(value[0]) if one else [without_nothing(item) for item in value]
    return value


def compare(load, tickets):
    """How what arrived differs from what the mapping by hand makes of it; empty: it does not."""
    shown = [load.ask("show", ticket) for ticket in tickets]
    lines = "\n".join(json.dumps(one["source"]) for one in shown)
    made = subprocess.run(["node", str(HERE / "pipeline/mapped.mjs")], input=lines, text=True,
                          capture_output=True, check=True).stdout.splitlines()
    for ticket, one, wanted in zip(tickets, shown, made):
        found = without_nothing(one["found"] or {})
        found.pop("version", None)
        wanted = without_nothing(json.loads(wanted))
        for name in sorted(set(wanted) | set(found)):
            if wanted.get(name) != found.get(name):
                return (f"ticket {ticket}: {name} is {found.get(name)!r}, "
                        f"expected {wanted.get(name)!r}")
    return ""


class Measure:
    """Loads one thing with one kind of change after the other."""

    def __init__(self, options, make):
        self.options, self.make, self.rows = options, make, {}
        self.patience = PATIENCE

    def step(self, load, running, first, count, connections, rate=0):
        before, _ = usage_of(running.pids())
        done = load.ask("go", "127.0.0.1", running.port, running.path, first, count, connections,
                        rate, self.patience)
        after, memory = usage_of(running.pids())
        done["engine_us"] = (after - before) / count * 1e6
        done["load_us"] = done["cpu_seconds"] / count * 1e6
        done["memory_mb"] = memory
        done["per_second"] = done["arrived"] / done["seconds"]
        done["trouble"] = ""
        if done["refused"] or done["arrived"] != count:
            done["trouble"] = (f"{done['refused']} refused (as {done['refused_as']}), "
                               f"{count - done['arrived'] - done['refused']} lost of {count}")
        elif done["doubled"] or done["wrong"]:
            done["trouble"] = f"{done['doubled']} doubled, {done['wrong']} wrong"
        else:
            done["trouble"] = compare(load, range(first, first + count, max(1, count // 100))) \
                or self.settled(running)
        return done

    def run(self):
        options = self.options
        count, late = options.count, 0 if options.check else RATE * RATE_SECONDS
        connections = [4] if options.check else options.connections
        total = WARM_UP + count * len(connections) + late
        with tempfile.TemporaryDirectory(prefix="navette-pipeline-") as folder:
            os.chmod(folder, 0o755)
            load, running = Load(options.load, total, options.seed), None
            try:
                running = self.make(pathlib.Path(folder), load.port)
                warm = self.step(load, running, 0, WARM_UP, 4)
                if warm["trouble"]:
                    raise RuntimeError("warm-up: " + warm["trouble"])
                first = WARM_UP
                for wires in connections:
                    self.rows[f"new, {wires} connections"] = self.step(load, running, first, count,
                                                                       wires)
                    first += count
                self.rows["changed"] = self.step(load, running, WARM_UP, count, connections[0])
                if late:
                    self.rows[f"new, {RATE}/s"] = self.step(load, running, first, late, 16, RATE)
            except Exception:
                with contextlib.suppress(OSError):
                    sys.stderr.write((pathlib.Path(folder) / "log").read_text()[-3000:])
                raise
            finally:
                if running is not None:
                    running.stop()
                load.stop()
        return self.rows

    @staticmethod
    def settled(running):
        """The last outcome is written a moment after the last write arrived."""
        end = time.monotonic() + 10
        while (wrong := running.balance()) and time.monotonic() < end:
            time.sleep(0.1)
        return wrong


def blind_spots(options):
    """What goes wrong with every tenth change and is not seen; empty: all of it is."""
    missed = []
    for spoilt in ("lost", "twice", "value"):
        with tempfile.TemporaryDirectory(prefix="navette-pipeline-") as folder:
            load, running = Load(options.load, 40, options.seed), None
            try:
                running = Hand(pathlib.Path(folder), options, load.port, spoilt)
                measure = Measure(options, None)
                measure.patience = 3
                trouble = measure.step(load, running, 0, 40, 4)["trouble"]
                print(f"  every tenth {spoilt}: {trouble or 'NOT SEEN'}", flush=True)
                if not trouble:
                    missed.append(spoilt)
            finally:
                if running is not None:
                    running.stop()
                load.stop()
    return missed


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip())


def print_rows(measured):
    head = ["", "arrived/s", "accepted ms p50/p99", "arrived ms p50/p99/max", "CPU us", "load us",
            "MB", "reads", ""]
    rows = []
    for name, steps in measured.items():
        for step, row in steps.items():
            accept, arrive = row["accept_ms"], row["arrive_ms"]
            sent = max(1, row["sent"])
            rows.append([f"{name}: {step}", f"{row['per_second']:.0f}",
                         f"{accept[0]:.1f} / {accept[1]:.1f}",
                         f"{arrive[0]:.1f} / {arrive[1]:.1f} / {arrive[2]:.1f}",
                         f"{row['engine_us']:.0f}", f"{row['load_us']:.0f}",
                         f"{row['memory_mb']:.0f}", f"{row['reads'] / sent:.1f}",
                         "WRONG: " + row["trouble"] if row["trouble"] else ""])
    table(head, rows)


def best(steps):
    """Changes a second, by the fastest number of connections; nothing when something was wrong."""
    rates = [row["per_second"] for step, row in steps.items()
             if step.startswith("new, ") and step.endswith("connections") and not row["trouble"]]
    return max(rates) if rates else None


def limits_of(options, folder, server):
    """Rows a second of each store, calls a second of libzmq."""
    found = {}
    for store in options.stores:
        place = f"sqlite:{folder}/limit.db" if store == "sqlite" else server.store
        out = subprocess.run([options.limits, place, str(options.count), "128"], text=True,
                             capture_output=True, check=True).stdout
        found[store] = json.loads(out)["rows_per_second"]
    if options.bus:
        out = subprocess.run([options.bus, "20000"], text=True, capture_output=True, check=True)
        for line in out.stdout.splitlines():
            words = line.split()
            if words[0] == "inproc" and words[1] == "4096":
                found["bus"] = float(words[3])
    return found


def verdicts(measured, limits):
    """The targets as [name, found, wanted, whether reached]."""
    lines = []
    flow, hand = best(measured.get("Node-RED", {})), best(measured.get("by hand", {}))
    for name, steps in measured.items():
        if not name.startswith("Navette"):
            continue
        ours, store = best(steps), name.split()[-1]
        late = next((row for step, row in steps.items() if step.endswith("/s")), None)
        for what, other, wanted in (("times Node-RED", flow, 10), ("times by hand", hand, 1),
                                    ("of the store alone", limits.get(store), 0.5),
                                    ("of libzmq alone", limits.get("bus"), 0.5)):
            if what.startswith("of") and limits.get(store, 0) > limits.get("bus", 1e12) \
                    and "store" in what:
                continue  # the slower of the two counts
            if what == "of libzmq alone" and limits.get("bus", 1e12) >= limits.get(store, 0):
                continue
            if other is None:
                continue
            ratio = 0 if ours is None else ours / other
            lines.append([f"{name}: {what}", f"{ratio:.2f}", f">= {wanted}", ratio >= wanted])
        if late is not None:
            p99 = late["arrive_ms"][1]
            lines.append([f"{name}: p99 ms at {RATE}/s", f"{p99:.1f}", f"< {P99_MAX}",
                          p99 < P99_MAX and not late["trouble"]])
    return lines


def parse(arguments):
    made = argparse.ArgumentParser(description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--navette", required=True)
    made.add_argument("--load", required=True)
    made.add_argument("--limits")
    made.add_argument("--bus")
    made.add_argument("--modules", help="a folder whose node_modules has node-red")
    made.add_argument("--count", type=int, default=10000, help="changes of each kind")
    made.add_argument("--connections", type=lambda text: [int(one) for one in text.split(",")],
                      default=[16, 64])
    made.add_argument("--concurrency", type=int, default=16,
                      help="calls at a time of each system")
    made.add_argument("--stores", default="sqlite,postgres", help="of these two, or none")
    made.add_argument("--only", help="only what has this in its name")
    made.add_argument("--under", help="a program that runs Navette: perf record, valgrind, ...")
    made.add_argument("--seed", type=int, default=int(os.environ.get("NAVETTE_SEED", "1")))
    made.add_argument("--check", action="store_true", help="few changes, no ratios")
    options = made.parse_args(arguments)
    options.stores = [store for store in options.stores.split(",") if store]
    if set(options.stores) - {"sqlite", "postgres"}:
        made.error(f"--stores: {','.join(options.stores)}: known are sqlite and postgres")
    if options.check:
        options.count = min(options.count, 200)
    return options


def things_of(options, server, folders):
    """What is measured, by name: each made from a folder and the sink's port."""
    things = {}
    if not options.check or not options.modules:
        things["by hand"] = lambda folder, sink: Hand(folder, options, sink)
    if options.modules:
        things["Node-RED"] = lambda folder, sink: NodeRed(folder, options, sink, True)
        if not options.check:
            things["Node-RED, function"] = lambda folder, sink: NodeRed(folder, options, sink,
                                                                        False)
    for store in options.stores:
        def make(folder, sink, store=store):
            place = f"sqlite:{folder}/navette.db" if store == "sqlite" else server.store
            return Navette(folder, options, sink, place, None if store == "sqlite" else server)
        things[f"Navette on {store}"] = make
    return {name: make for name, make in things.items() if not options.only or options.only in name}


def fresh_server(stack):
    """A PostgreSQL of our own, that keeps what it was told."""
    import postgres
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="navette-pg-"))
    os.chmod(folder, 0o755)
    server = postgres.Postgres(folder + "/home")
    server.start(fsync="on")
    stack.callback(server.stop)
    return server


def main(arguments):
    options = parse(arguments)
    measured, limits = {}, {}
    print(f"seed {options.seed}; load average {os.getloadavg()[0]:.1f}", flush=True)
    with contextlib.ExitStack() as stack:
        wants_server = "postgres" in options.stores
        if options.limits and not options.check:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="navette-limit-"))
            limits = limits_of(options, folder, fresh_server(stack) if wants_server else None)
        server = fresh_server(stack) if wants_server else None
        for name, make in things_of(options, server, None).items():
            measured[name] = Measure(options, make).run()
            print(f"  {name}: measured", flush=True)
    print_rows(measured)
    wrong = any(row["trouble"] for steps in measured.values() for row in steps.values())
    if options.check:
        return 1 if wrong or blind_spots(options) else 0
    for name, rate in limits.items():
        print(f"{name} alone: {rate:.0f}/s")
    lines = verdicts(measured, limits)
    if lines:
        table(["target", "found", "wanted", ""],
              [[*line[:3], "" if line[3] else "NOT REACHED"] for line in lines])
    if wrong:
        return 1
    return 0 if all(line[3] for line in lines) else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
