"""Troubles of the machine: a clock that is set, a disk that refuses (by shim.cc, for one process),
and file systems of our own to fill, freeze and mount read-only.
"""
import collections
import http.client
import json
import mmap
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import threading
import time

BYTES = struct.Struct("qii")


class Shim:
    """Faults of a process that gets `env`; changed while it runs."""

    def __init__(self, library, control, under):
        control.write_bytes(BYTES.pack(0, 0, 0))
        with open(control, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), BYTES.size)
        self._values = [0, 0, 0]
        self.env = {"LD_PRELOAD": str(library), "NAVETTE_FAULTS": str(control),
                    "NAVETTE_FAULTS_UNDER": str(under)}

    def _put(self, place, value):
        self._values[place] = value
        self._memory[:] = BYTES.pack(*self._values)

    def clock(self, seconds):
        self._put(0, int(seconds * 1_000_000_000))

    def writing(self, errno):
        self._put(1, errno)

    def flushing(self, errno):
        self._put(2, errno)


class Disk:
    """An ext4 file system of its own at `folder`; needs root and a loop device."""
    SIZE = 48 << 20

    def __init__(self, folder):
        self.folder, self.image = folder, folder.with_suffix(".img")
        self.filler = folder / "filler"

    def _run(self, *words):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")

    def mount(self):
        with open(self.image, "wb") as image:
            image.truncate(self.SIZE)
        self._run("mkfs.ext4", "-q", "-F", "-m", "0", str(self.image))
        self._run("mount", "-o", "loop", str(self.image), str(self.folder))

    def unmount(self):
        if os.path.ismount(self.folder):
            subprocess.run(["fsfreeze", "-u", str(self.folder)], capture_output=True, check=False)
            self._run("umount", "-l", str(self.folder))

    def fill(self):
        """Not one byte is left."""
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 512, 1):
                try:
                    while file.write(b"x" * size):
                        os.fsync(file.fileno())
                except OSError:
                    pass

    def free(self):
        self.filler.unlink(missing_ok=True)

    def freeze(self):
        self._run("fsfreeze", "-f", str(self.folder))

    def thaw(self):
        self._run("fsfreeze", "-u", str(self.folder))

    def read_only(self):
        self._run("mount", "-o", "remount,ro", str(self.folder))

    def writable(self):
        self._run("mount", "-o", "remount,rw", str(self.folder))


def why_no_disk():
    """Why this process may make no file system of its own; empty when it may."""
    if os.geteuid() != 0:
        return "only root may mount"
    for name in ("mkfs.ext4", "mount", "fsfreeze"):
        if shutil.which(name) is None and not pathlib.Path("/usr/sbin", name).exists():
            return f"{name} is missing"
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        disk = Disk(pathlib.Path(folder) / "disk")
        disk.folder.mkdir()
        try:
            disk.mount()
        except OSError as error:
            return str(error)
        finally:
            disk.unmount()
    return ""


class Hooks(threading.Thread):
    """Sends hints to the hub all the time, each with a number of its own."""

    def __init__(self, listen, tickets, pause=0.2):
        super().__init__(daemon=True)
        self.listen, self.tickets, self.pause = listen, tickets, pause
        self.accepted = []  # numbers that were answered 202
        self.codes = collections.Counter()
        self.without_time = 0  # 503 that do not say when to come again
        self.accepted_at = 0.0
        self.stop = threading.Event()
        self._number = 0

    def run(self):
        while not self.stop.wait(self.pause):
            self.one()

    def one(self):
        self._number += 1
        body = json.dumps({"ticket": self.tickets[self._number % len(self.tickets)],
                           "number": self._number})
        client = http.client.HTTPConnection(self.listen, timeout=20)
        try:
            client.request("POST", "/hooks/acme-helpdesk", body)
            answer = client.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.codes[type(error).__name__] += 1
            return
        finally:
            client.close()
        self.codes[answer.status] += 1
        if answer.status == 202:
            self.accepted.append(self._number)
            self.accepted_at = time.monotonic()
        elif answer.status == 503 and not answer.headers.get("Retry-After"):
            self.without_time += 1
