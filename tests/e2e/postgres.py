"""A PostgreSQL server of a test's own, and a wire to it that can be cut."""
import os
import select
import signal
import socket
import subprocess
import threading

import peers
import world


class Postgres:
    """One server in a folder, reached through a Unix socket there; ends with stop()."""

    def __init__(self, folder):
        self.script = str(world.ROOT / "tests/systems/postgresql.sh")
        self.folder, self.process = str(folder), None
        self.socket = f"{self.folder}/.s.PGSQL.5432"

    def start(self, fsync="on"):
        subprocess.run([self.script, "install"], check=True, stdin=subprocess.DEVNULL)
        subprocess.run([self.script, "make", self.folder], check=True, stdin=subprocess.DEVNULL,
                       env={**os.environ, "NAVETTE_PG_FSYNC": fsync})
        self.run()

    def run(self):
        self.process = subprocess.Popen([self.script, "run", self.folder],
                                        stdin=subprocess.DEVNULL)
        peers.wait_until(self._answers, 60, 0.1)

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.socket) == 0

    def stop(self, how=signal.SIGINT):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    @property
    def store(self):
        return f"postgresql:///postgres?host={self.folder}&user=navette"


class Wire:
    """A TCP port of this machine that leads to a Unix socket. cut(): nothing gets through any more,
    and nobody is told, as when a cable is pulled; mend() lets new connections through."""

    def __init__(self, target):
        self.target, self.whole, self.ends = target, threading.Event(), []
        self.whole.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if not self.whole.is_set():
                self.ends.append(near)  # never answered
                continue
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            self.ends += [near, far]
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near, far):
        while self.whole.is_set():
            ready, _, _ = select.select([near, far], [], [], 0.2)
            for end in ready if self.whole.is_set() else []:
                try:
                    piece = end.recv(65536)
                    if not piece:
                        raise OSError
                    (far if end is near else near).sendall(piece)
                except OSError:
                    near.close()
                    far.close()
                    return

    def cut(self):
        self.whole.clear()

    def mend(self):
        for end in self.ends:
            end.close()
        self.ends = []
        self.whole.set()

    def close(self):
        self.listener.close()
        self.mend()
