"""A reverse proxy on loopback that does to HTTP what networks, gateways and tired servers do.

It listens on a free port and forwards to one upstream. Which requests meet which fault is drawn
from a seed. It runs on a thread of its own; everything public may be called from any thread.

    with FaultProxy("http://127.0.0.1:3000", seed=7) as proxy:
        proxy.set(lost=0.05, reset=0.05, error=0.02)
        ... proxy.url ...
        proxy.calm()
        print(proxy.summary())
"""
import argparse
import asyncio
import collections
import json
import random
import signal
import socket
import struct
import sys
import threading
import time
import urllib.parse

HEAD_BYTES_MAX = 1 << 16
LOG_MAX = 200_000

# What can happen to a request, and whether the upstream gets it.
KINDS = {
    "lost": "the upstream did it, then the connection closes without an answer",
    "reset": "the connection is reset, the upstream never sees the request",
    "delay": "the request waits before it is forwarded",
    "error": "500 or 502; for half of them the upstream did it",
    "throttle": "429 or 503 with Retry-After, not forwarded",
    "truncate": "the answer ends in the middle",
    "corrupt": "the answer's JSON is broken, its length is right",
    "lie": "200 with the words of an error, as the peer would say them; not forwarded",
    "trickle": "the answer comes drop by drop",
}
ERROR_PAGE = b"<html><body><h1>500 Internal Server Error</h1></body></html>"

Fault = collections.namedtuple("Fault", "at number kind method path delivered")
Request = collections.namedtuple("Request", "method path head body")
Answer = collections.namedtuple("Answer", "status head body")


class Gone(Exception):
    """The other end closed the connection."""


class FaultProxy:
    def __init__(self, upstream, seed=1, lies=(), delay_max=1.5, retry_after=1):
        """lies: (method, content type, body) that the peer answers with 200 when it is in trouble;
        delay_max: seconds; retry_after: what a throttled client is told, in seconds."""
        target = urllib.parse.urlsplit(upstream)
        self.upstream = (target.hostname, target.port)
        self.seed, self.lies, self.delay_max = seed, list(lies), delay_max
        self.retry_after = retry_after
        self.faults = []  # at most LOG_MAX
        self.requests = 0
        self._random = random.Random(f"proxy/{seed}")
        self._rates = dict.fromkeys(KINDS, 0.0)
        self._dark = False
        self._light = None  # an asyncio.Event while we hang
        self._clients = set()
        self._begun = time.monotonic()
        self._loop = asyncio.new_event_loop()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._call(self._open())

    # ---- what tests do -----------------------------------------------------------------------
    def set(self, **rates):
        """Rates from 0 to 1 by KINDS; those not named stay. One request meets at most one."""
        for kind, rate in rates.items():
            if kind not in KINDS:
                raise ValueError(f"no fault is named {kind}: one of {', '.join(KINDS)}")
            self._rates[kind] = rate
        if sum(self._rates.values()) > 1:
            raise ValueError("the rates are more than 1 in all")

    def calm(self):
        """No faults from now on."""
        self._rates = dict.fromkeys(KINDS, 0.0)
        self.light()

    def dark(self):
        """Nobody listens any more, and the connections there are end."""
        self._call(self._close())

    def hang(self):
        """Connections are accepted and requests read; nothing is forwarded or answered."""
        self._call(self._begin_hang())

    def light(self):
        """After dark() or hang(). What hung is closed unanswered, and was not forwarded."""
        self._call(self._open())

    def summary(self):
        """{"requests": n, kind: n, ...}"""
        return {"requests": self.requests,
                **dict(collections.Counter(fault.kind for fault in self.faults))}

    def end(self):
        if not self._thread.is_alive():
            return
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    # ---- the loop ----------------------------------------------------------------------------
    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _open(self):
        if self._light is not None:
            self._light.set()
            self._light = None
        self._dark = False
        if self._server is not None:
            return
        if self._socket.fileno() < 0:
            self._socket = socket.socket()
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("127.0.0.1", self.port))
        self._server = await asyncio.start_server(self._serve, sock=self._socket,
                                                  limit=HEAD_BYTES_MAX, backlog=512)

    async def _close(self):
        self._dark = True
        if self._light is not None:
            self._light.set()
            self._light = None
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._clients):
            reset(writer)

    async def _begin_hang(self):
        if self._light is None:
            self._light = asyncio.Event()

    async def _serve(self, reader, writer):
        self._clients.add(writer)
        upstream = Upstream(self.upstream)
        try:
            while not self._dark:
                request = await read_request(reader)
                if not await self._handle(request, upstream, writer):
                    break
        except (Gone, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._clients.discard(writer)
            upstream.close()
            writer.close()

    def _draw(self):
        at, value = 0.0, self._random.random()
        for kind, rate in self._rates.items():
            at += rate
            if value < at:
                return kind
        return None

    def _note(self, kind, request, delivered):
        if len(self.faults) < LOG_MAX:
            self.faults.append(Fault(round(time.monotonic() - self._begun, 3), self.requests, kind,
                                     request.method, request.path, delivered))

    async def _handle(self, request, upstream, writer):
        """Whether the connection lives on."""
        self.requests += 1
        if self._light is not None:
            light = self._light
            self._note("hang", request, False)
            await light.wait()
            return False
        kind = self._draw()
        if kind is None:
            return await self._answer(writer, await upstream.ask(request))
        return await getattr(self, "_" + kind)(request, upstream, writer)

    @staticmethod
    async def _answer(writer, answer):
        writer.write(answer.head + answer.body)
        await writer.drain()
        return b"\r\nconnection: close" not in answer.head.lower()

    async def _made_up(self, writer, status, body, kind="text/html", more=""):
        head = (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                f"{more}\r\n")
        return await self._answer(writer, Answer(int(status[:3]), head.encode(), body))

    # ---- the faults: each answers whether the connection lives on ----------------------------
    async def _lost(self, request, upstream, _):
        self._note("lost", request, True)
        await upstream.ask(request)
        return False

    async def _reset(self, request, _, writer):
        self._note("reset", request, False)
        reset(writer)
        return False

    async def _delay(self, request, upstream, writer):
        self._note("delay", request, True)
        await asyncio.sleep(self._random.uniform(0.02, self.delay_max))
        return await self._answer(writer, await upstream.ask(request))

    async def _error(self, request, upstream, writer):
        delivered = self._random.random() < 0.5
        self._note("error", request, delivered)
        if delivered:
            await upstream.ask(request)
        status = self._random.choice(["500 Internal Server Error", "502 Bad Gateway"])
        return await self._made_up(writer, status, ERROR_PAGE)

    async def _throttle(self, request, _, writer):
        self._note("throttle", request, False)
        status = self._random.choice(["429 Too Many Requests", "503 Service Unavailable"])
        return await self._made_up(writer, status, b"slow down", "text/plain",
                                   f"Retry-After: {self.retry_after}\r\n")

    async def _truncate(self, request, upstream, writer):
        answer = await upstream.ask(request)
        if len(answer.body) < 2:
            return await self._answer(writer, answer)
        self._note("truncate", request, True)
        writer.write(answer.head + answer.body[:len(answer.body) // 2])
        await writer.drain()
        return False

    async def _corrupt(self, request, upstream, writer):
        answer = await upstream.ask(request)
        if b"json" not in answer.head.lower() or len(answer.body) < 8:
            return await self._answer(writer, answer)
        self._note("corrupt", request, True)
        middle = len(answer.body) // 2
        body = answer.body[:middle - 1] + b"\xff\x00" + answer.body[middle + 1:]
        return await self._answer(writer, answer._replace(body=body))

    async def _lie(self, request, upstream, writer):
        lies = [lie for lie in self.lies if lie[0] == request.method]
        if not lies:
            return await self._answer(writer, await upstream.ask(request))
        self._note("lie", request, False)
        _, kind, body = self._random.choice(lies)
        return await self._made_up(writer, "200 OK", body.encode(), kind)

    async def _trickle(self, request, upstream, writer):
        answer = await upstream.ask(request)
        self._note("trickle", request, True)
        whole = answer.head + answer.body
        size = max(1, len(whole) // 12)
        for at in range(0, len(whole), size):
            writer.write(whole[at:at + size])
            await writer.drain()
            await asyncio.sleep(self._random.uniform(0, self.delay_max / 8))
        return True


class Upstream:
    """One connection to the upstream for one of a client's, made anew when it was closed."""

    def __init__(self, address):
        self.address, self.reader, self.writer = address, None, None

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None

    async def ask(self, request):
        """The answer. Errors: Gone, OSError."""
        if self.reader is not None and self.reader.at_eof():
            self.close()
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(*self.address,
                                                                     limit=HEAD_BYTES_MAX)
        self.writer.write(request.head + request.body)
        await self.writer.drain()
        answer, lives = await read_answer(self.reader, request.method)
        if not lives:
            self.close()
        return answer


def reset(writer):
    """Close with RST, so that the client sees a failure and not an end."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        try:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()


async def read_head(reader):
    """(first line, bytes of the whole head, {name: value})"""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        raise Gone from None
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return first, head, headers


async def read_body(reader, headers):
    """The body as it came on the wire, chunks and all; nothing when it has no length."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            body += line + await reader.readexactly(size + 2)
            if size == 0:
                return body
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return None


async def read_request(reader):
    first, head, headers = await read_head(reader)
    method, path, _ = first.split(" ", 2)
    if headers.get("expect"):
        raise Gone
    return Request(method, path, head, await read_body(reader, headers) or b"")


async def read_answer(reader, method):
    """(Answer, whether the connection lives on)"""
    first, head, headers = await read_head(reader)
    status = int(first.split(" ", 2)[1])
    if status == 100:
        return await read_answer(reader, method)
    lives = headers.get("connection", "").lower() != "close" and first.startswith("HTTP/1.1")
    if method == "HEAD" or status in (204, 304):
        return Answer(status, head, b""), lives
    body = await read_body(reader, headers)
    if body is None:
        body, lives = await reader.read(), False
        head = head[:-2] + f"Content-Length: {len(body)}\r\n\r\n".encode()
    return Answer(status, head, body), lives


def main():
    made = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    made.add_argument("upstream", help="http://host:port")
    made.add_argument("--seed", type=int, default=1)
    for kind, about in KINDS.items():
        made.add_argument(f"--{kind}", type=float, default=0, help=about)
    options = made.parse_args()
    with FaultProxy(options.upstream, options.seed) as proxy:
        proxy.set(**{kind: getattr(options, kind) for kind in KINDS})
        print(f"{proxy.url} -> {options.upstream}, seed {options.seed}", flush=True)
        try:
            signal.sigwait([signal.SIGTERM, signal.SIGINT])
        except KeyboardInterrupt:
            pass
        print(json.dumps(proxy.summary()))
        for fault in proxy.faults:
            print(*fault, file=sys.stderr)


if __name__ == "__main__":
    main()
