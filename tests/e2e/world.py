"""Real servers, a running Navette between them, and waiting until both sides agree."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

import peers

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples" / "rt-redmine"
FLOW = "acme-support"
STILL = 20  # seconds without any movement after which waiting longer is of no use


def head_of(pair):
    """What a sentence about a pair begins with."""
    return f"RT {pair[0]} / Redmine {pair[1]}: "


def held_back(said):
    """excused() of World.converge(): the field is held back, as `said` (World.reports()) tells."""
    def excused(sentence, _):
        for pair, reasons in said.items():
            if sentence.startswith(head_of(pair)):
                field = sentence.split(": ", 2)[1]
                words = {field, {"severity": "priority", "owner": "assigned"}.get(field, field)}
                return any(word in reason.lower() for reason in reasons for word in words)
        return False
    return excused


def free_port():
    """A port nobody listens on, below those the kernel gives to outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


class Server:
    """One of tests/systems/*.sh in a folder of its own; `values` is what it printed."""

    def __init__(self, script, folder, **env):
        self.script, self.folder, self.env = ROOT / "tests/systems" / script, folder, env
        self.values = {}

    def _run(self, *words, **env):
        done = subprocess.run([self.script, *words], env={**os.environ, **self.env, **env},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.script.name} {' '.join(words)}:\n{done.stderr[-3000:]}")
        return done.stdout

    def start(self):
        out = self._run("up", "0", str(self.folder))
        self.values = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)

    def restart(self):
        """Again on its data and its port, after stop()."""
        url = self.values.get("RT_URL") or self.values["REDMINE_URL"]
        self._run("up", url.rsplit(":", 1)[1], str(self.folder), RT_KEEP="1", REDMINE_KEEP="1")

    def stop(self):
        if self.folder.exists():
            self._run("down", str(self.folder))

    def pause(self):
        self._run("pause", str(self.folder))

    def resume(self):
        self._run("resume", str(self.folder))


class Navette:
    """`navette run` as a process of its own, and the other commands on the same configuration."""

    def __init__(self, binary, config, env, log):
        self.binary, self.config, self.log = str(binary), config, log
        self.env = {**os.environ, **env}
        self.listen = env["NAVETTE_LISTEN"]
        self.process = None

    def start(self, seconds=30):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.binary, "run", "--config", str(self.config)],
                                            env=self.env, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)
        peers.wait_until(self._answers, seconds, 0.05)

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"navette run ended with {self.process.returncode}:\n{self.tail()}")
        try:
            peers.http("GET", f"http://{self.listen}/healthz", timeout=2)
            return True
        except peers.HttpError as error:
            return error.code == 503  # it runs, and a system does not
        except OSError:
            return False

    def stop(self, seconds=30):
        """SIGTERM: ends the work in hand. Answers how long that took."""
        begun = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise RuntimeError(f"navette run did not end within {seconds} s of SIGTERM") \
                    from None
        return time.monotonic() - begun

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def command(self, *words, check=True, timeout=60):
        done = subprocess.run([self.binary, *words, "--config", str(self.config)], env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"navette {' '.join(words)}: exit {done.returncode}\n"
                               f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def status(self):
        """{flow: {"accepted": n, "pending": n, ...}}"""
        # Exit code 1 says that something waits for a person; the answer is the same.
        answer = json.loads(self.command("status", "--json", check=False).stdout)
        return {flow["flow"]: flow for flow in answer["flows"]}

    def links(self):
        """[{"client", "provider", "parked": [{"field", "reason", ...}], ...}]"""
        return json.loads(self.command("links", "--json").stdout)

    def tail(self, lines=30):
        try:
            return "\n".join(pathlib.Path(self.log).read_text("utf-8", "replace")
                             .splitlines()[-lines:])
        except OSError:
            return ""

    def usage(self):
        """(CPU seconds so far, resident bytes)"""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks = int(stat[11]) + int(stat[12])
        return ticks / os.sysconf("SC_CLK_TCK"), int(stat[21]) * os.sysconf("SC_PAGE_SIZE")


class World:
    """Real Request Tracker, real Redmine and Navette between them, in one folder.

    agent and requests on either side are made by people (rt, redmine), never by Navette's own user.
    """

    def __init__(self, options, poll="1s", webhook=True, redmine_key="REDMINE_NAVETTE_KEY"):
        self.options, self.poll, self.redmine_key = options, poll, redmine_key
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="navette-", dir="/var/tmp"))
        self.config = self.folder / "config"
        self.listen = f"127.0.0.1:{free_port()}"
        hook = f"http://{self.listen}/hooks/acme-helpdesk" if webhook else ""
        self.rt_server = Server("rt.sh", self.folder / "rt", RT_WEBHOOK_URL=hook)
        self.redmine_server = Server("redmine.sh", self.folder / "redmine")
        self.rt = self.rt_second = self.redmine = self.redmine_second = self.navette = None
        self.redmine_admin = None
        self.kept = False

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.end()
            raise
        return self

    def _start(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for started in [pool.submit(server.start)
                            for server in (self.rt_server, self.redmine_server)]:
                started.result()
        rt, redmine = self.rt_server.values, self.redmine_server.values
        self.rt = peers.RequestTracker(rt["RT_URL"], rt["RT_AGENT_TOKEN"])
        self.rt_second = peers.RequestTracker(rt["RT_URL"], rt["RT_SECOND_AGENT_TOKEN"])
        self.redmine = peers.Redmine(redmine["REDMINE_URL"], redmine["REDMINE_ALICE_KEY"])
        self.redmine_second = peers.Redmine(redmine["REDMINE_URL"], redmine["REDMINE_BOB_KEY"])
        self.redmine_admin = peers.Redmine(redmine["REDMINE_URL"], redmine["REDMINE_ADMIN_KEY"])
        shutil.copytree(EXAMPLE, self.config)
        (self.folder / "data").mkdir()
        env = {"RT_URL": rt["RT_URL"], "RT_TOKEN": rt["RT_TOKEN"],
               "REDMINE_URL": redmine["REDMINE_URL"],
               "REDMINE_API_KEY": redmine[self.redmine_key],
               "NAVETTE_DATA": str(self.folder / "data"), "NAVETTE_LISTEN": self.listen,
               "NAVETTE_POLL": self.poll}
        self.navette = Navette(self.options.navette, self.config, env,
                               self.folder / "navette.log")

    def end(self):
        """Stop all of it. Safe to call twice."""
        if self.navette is not None:
            self.navette.kill()
        for server in (self.rt_server, self.redmine_server):
            server.stop()

    def __exit__(self, kind, *_):
        if self.kept:
            return
        self.end()
        if kind is None and not Promises.some_broken:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"logs and data are in {self.folder}", file=sys.stderr)

    # ---- do both sides agree? --------------------------------------------------------------------
    def differences(self):
        """(sentences about tickets without or with two twins, and about fields; pairs)"""
        rt_all, redmine_all = self.rt.all(), self.redmine.all()
        found = peers.pair_up(rt_all, redmine_all)
        wrong = [f"doubled: {sentence}" for sentence in found.doubled]
        wrong += [f"RT {number} has no twin" for number in found.lonely_rt]
        wrong += [f"Redmine {number} has no twin" for number in found.lonely_redmine]
        for rt, redmine in found.pairs:
            for field in peers.field_differences(rt_all[rt], redmine_all[redmine]):
                wrong.append(f"{head_of((rt, redmine))}{field}: "
                             f"{rt_all[rt][field]!r} / {redmine_all[redmine][field]!r}")
        return wrong, found.pairs

    def deep_differences(self, pair):
        """Sentences about descriptions, comments and files of one pair."""
        return [head_of(pair) + sentence for sentence in peers.message_differences(
            self.rt.messages(pair[0]), self.redmine.messages(pair[1]))]

    def reports(self):
        """{(RT's number, Redmine's number): sentences about fields that Navette holds back}"""
        said = {}
        for link in self.navette.links():
            parked = [f"{field['field']}: {field['reason']}" for field in link.get("parked", [])]
            if parked:
                said[int(link["client"]), int(link["provider"])] = parked
        return said

    def pending(self):
        return sum(flow["pending"] for flow in self.navette.status().values())

    def converge(self, seconds, deep=True, excused=None, report=None):
        """Wait until nothing is pending and both sides agree, but for sentences of which
        excused(sentence, pairs) is true. deep: descriptions, comments and files too; True for all
        pairs, or a set of RT's numbers. Gives up early when nothing is pending and nothing moves.
        Answers (differences left, pairs, seconds it took)."""
        begun, equal = time.monotonic(), set()  # equal: pairs that need no second deep look
        last, moved = None, begun
        while True:
            looked = time.monotonic()
            waiting = self.pending()
            wrong, pairs = self.differences()

            def kept(sentences, pairs=pairs):
                return [one for one in sentences if not (excused and excused(one, pairs))]

            wrong = kept(wrong)
            for pair in [] if waiting else pairs:
                if pair in equal or not (deep is True or (deep and pair[0] in deep)):
                    continue
                found = kept(self.deep_differences(pair))
                wrong += found
                if not found:
                    equal.add(pair)
            if report:
                report(waiting, wrong, pairs)
            now = time.monotonic()
            if (waiting, wrong) != last:
                last, moved = (waiting, wrong), now
            if not waiting and not wrong:
                return [], pairs, now - begun
            if now - begun > seconds or (not waiting and now - moved > STILL):
                return wrong or [f"{waiting} changes are pending"], pairs, now - begun
            # Looking costs the servers as much as working: leave them most of the time.
            time.sleep(max(0.5, 2 * (now - looked)))

    def quiet(self, seconds=60, polls=3):
        """Wait until nothing is pending and no transaction or journal appears for some polls."""
        pause = polls * float(self.poll.rstrip("s")) + 0.5
        end = time.monotonic() + seconds
        while True:
            before = self.counts()
            time.sleep(pause)
            if self.counts() == before and not self.pending():
                return before
            if time.monotonic() > end:
                raise TimeoutError(f"still working after {seconds} s")

    def counts(self):
        """(last transaction of Request Tracker, journals of Redmine, issues of Redmine)"""
        issues = self.redmine.all()
        journals = sum(len(self.redmine.journals(number)) for number in issues)
        return self.rt.last_transaction(), journals, len(issues)


class Promises:
    """What was to be shown, and whether it was: a table at the end, and the exit code."""
    some_broken = False  # then logs and data are kept

    def __init__(self):
        self.rows, self.begun = [], time.monotonic()

    def check(self, promise, kept, found=""):
        self.rows.append([promise, "kept" if kept else "BROKEN", str(found)])
        Promises.some_broken = Promises.some_broken or not kept
        print(f"  {'ok    ' if kept else 'BROKEN'}  {promise}{f': {found}' if found else ''}",
              flush=True)
        return kept

    def broken(self):
        return sum(row[1] != "kept" for row in self.rows)

    def finish(self):
        print()
        print(table(["promise", "", "seen"], self.rows))
        print(f"{len(self.rows)} promises, {self.broken()} broken, "
              f"{time.monotonic() - self.begun:.0f} s")
        return 1 if self.broken() else 0


def table(head, rows, limit=90):
    cells = [[str(cell).replace("\n", " ")[:limit] for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def balance(navette):
    """(whether every change is accounted for, a sentence)"""
    flows = navette.status().values()
    sentence = "; ".join(
        f"{flow['flow']}: {flow['accepted']} in = {flow['delivered']} delivered + "
        f"{flow['unchanged']} unchanged + {flow['filtered']} filtered + {flow['parked']} parked + "
        f"{flow['dead']} dead + {flow['pending']} pending, difference {flow['difference']}"
        for flow in flows)
    return all(flow["difference"] == 0 for flow in flows), sentence


def parser(about):
    made = argparse.ArgumentParser(description=about)
    made.add_argument("--navette", type=pathlib.Path, help="the program to try",
                      default=ROOT / "build/release/bin/navette")
    made.add_argument("--seed", type=int, default=int(os.environ.get("NAVETTE_SEED") or 1))
    return made


def run(main, options):
    """Run main(options) and exit with its answer; an error is a broken promise, not a traceback."""
    if not options.navette.exists():
        sys.exit(f"{options.navette} is missing: ./dev build")
    options.navette = options.navette.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        code = main(options)
    except KeyboardInterrupt:
        code = 130
    except Exception as error:  # pylint: disable=broad-except
        traceback.print_exc()
        print(f"FAILED: {error}", file=sys.stderr)
        code = 1
    sys.exit(code)
