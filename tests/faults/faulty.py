"""The world of tests/e2e with a fault proxy before each system, and a hub that gets killed."""
import pathlib
import random
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
# pylint: disable=wrong-import-position
import proxy
import world

# How each peer words an error behind 200. Request Tracker answers sentences to any PUT.
RT_LIES = [("PUT", "application/json", '["Internal error: could not load the ticket"]'),
           ("GET", "text/html", "<html><body>An internal RT error has occurred.</body></html>"),
           ("POST", "text/html", "<html><body>An internal RT error has occurred.</body></html>")]
REDMINE_LIES = [(method, "text/html", "<html><body>Redmine is under maintenance.</body></html>")
                for method in ("GET", "POST", "PUT")]


class FaultyWorld(world.World):
    """Only Navette goes through the proxies; people talk to the systems themselves. Without faults
    set, the proxies only count. `place`: another store than SQLite in the folder `data`."""

    def __init__(self, options, place=None, **more):
        super().__init__(options, **more)
        self.place, self.rt_proxy, self.redmine_proxy = place, None, None

    def _start(self):
        super()._start()
        seed = self.options.seed
        self.rt_proxy = proxy.FaultProxy(self.rt.url, f"rt/{seed}", RT_LIES)
        self.redmine_proxy = proxy.FaultProxy(self.redmine.url, f"redmine/{seed}", REDMINE_LIES)
        self.navette.env["RT_URL"] = self.rt_proxy.url
        self.navette.env["REDMINE_URL"] = self.redmine_proxy.url
        if self.place:
            path = self.config / "navette.yaml"
            lines = path.read_text().splitlines(keepends=True)
            mine = f"store: {self.place}\nfolder: {self.folder / 'data'}\n"
            path.write_text("".join(mine if line.startswith("store:") else line
                                    for line in lines))

    def end(self):
        super().end()
        for one in (self.rt_proxy, self.redmine_proxy):
            if one is not None:
                one.end()

    def proxies(self):
        return {"Request Tracker": self.rt_proxy, "Redmine": self.redmine_proxy}

    def store_file(self):
        """SQLite's file; None when the store is elsewhere."""
        return None if self.place else self.folder / "data" / "navette.db"

    def ask_store(self, query):
        """The first value of one row of the store; None without one."""
        if self.place:
            return self.ask_postgres(query)
        if not self.store_file().exists():
            return None
        store = sqlite3.connect(f"file:{self.store_file()}?mode=ro", uri=True, timeout=10)
        try:
            return store.execute(query).fetchone()[0]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # killed before it had made them
                return None
            raise
        finally:
            store.close()

    def ask_postgres(self, query):
        asked = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c",
                                f"SET search_path = navette; {query}", self.place],
                               capture_output=True, text=True, timeout=30, check=False)
        if "does not exist" in asked.stderr:  # killed before it had made them
            return None
        if asked.returncode != 0:
            raise RuntimeError(f"psql {query}: {asked.stderr.strip()}")
        first = asked.stdout.strip().split("\n")[0].split("|")[0]
        return int(first) if first.isdigit() else first


class Killer:
    """Starts the hub and kills it after a random while, again and again."""

    def __init__(self, place, seed):
        self.place, self.chance = place, random.Random(f"kills/{seed}")
        self.kills = self.amid = 0  # amid: a write was under way
        self.trouble = []

    def lifetime(self):
        """Seconds: some of them end in the start itself, most under full work, and some are long
        enough that what earlier ones left open is settled, and so can go wrong."""
        kind = self.chance.random()
        for share, low, high in ((0.1, 0, 0.4), (0.25, 0.4, 1.5), (0.85, 1.5, 8)):
            if kind < share:
                return self.chance.uniform(low, high)
        return self.chance.uniform(8, 20)

    def once(self):
        navette = self.place.navette
        with open(navette.log, "ab") as log:
            process = subprocess.Popen([navette.binary, "run", "--config", str(navette.config)],
                                       env=navette.env, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, start_new_session=True)
        navette.process = process
        try:
            process.wait(self.lifetime())
            self.trouble.append(f"it ended by itself with {process.returncode}: {navette.tail(3)}")
            time.sleep(0.5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.kills += 1
            self.amid += bool(self.place.ask_store(
                "SELECT count(*) FROM commands WHERE phase = 'intended'"))
