"""The proxy itself: without faults it changes nothing, and each fault is what it says it is."""
import http.client
import http.server
import json
import threading
import unittest

import proxy

BODY = {"ticket": 7, "text": "é" * 3000}


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        Upstream.seen.append((self.command, self.path, body))
        said = b"" if self.path == "/empty" else json.dumps(BODY).encode()
        self.send_response(204 if self.path == "/empty" else 200)
        self.send_header("Content-Type", "application/json")
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(said), 1000):
                part = said[at:at + 1000]
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
            return
        if self.path != "/unending":
            self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
        self.close_connection = self.path == "/unending"

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Proxy(unittest.TestCase):
    def setUp(self):
        Upstream.seen = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.proxy = proxy.FaultProxy(f"http://127.0.0.1:{self.server.server_address[1]}", 5,
                                      [("GET", "text/html", "<h1>An internal RT error</h1>")],
                                      delay_max=0.05)

    def tearDown(self):
        self.proxy.end()
        self.server.shutdown()
        self.server.server_close()

    def ask(self, method="GET", path="/", body=None, client=None):
        """(status, headers, bytes)"""
        mine = client or http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=10)
        try:
            mine.request(method, path, body)
            answer = mine.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            if client is None:
                mine.close()

    def test_without_faults_it_changes_nothing(self):
        client = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=10)
        for path in ("/", "/chunked", "/", "/empty", "/unending", "/"):
            status, _, body = self.ask("POST", path, b"x" * 100_000, client)
            self.assertEqual((204, b"") if path == "/empty" else (200, json.dumps(BODY).encode()),
                             (status, body))
            self.assertEqual(("POST", path, b"x" * 100_000), Upstream.seen[-1])
        client.close()
        self.assertEqual({"requests": 6}, self.proxy.summary())

    def test_a_lost_answer_was_delivered_and_a_reset_was_not(self):
        for kind, seen in (("lost", 1), ("reset", 0)):
            Upstream.seen = []
            self.proxy.calm()
            self.proxy.set(**{kind: 1})
            with self.assertRaises((http.client.HTTPException, OSError)):
                self.ask("POST", "/", b"y")
            self.assertEqual(seen, len(Upstream.seen))
            self.assertEqual((kind, "POST", bool(seen)),
                             (self.proxy.faults[-1].kind, self.proxy.faults[-1].method,
                              self.proxy.faults[-1].delivered))

    def test_errors_say_in_the_log_whether_they_were_delivered(self):
        self.proxy.set(error=1)
        for _ in range(20):
            self.assertIn(self.ask("POST", "/", b"z")[0], (500, 502))
        self.assertEqual(len(Upstream.seen), sum(one.delivered for one in self.proxy.faults))
        self.assertNotIn(len(Upstream.seen), (0, 20))

    def test_throttling_says_when_to_come_again(self):
        self.proxy.set(throttle=1)
        status, headers, _ = self.ask()
        self.assertIn(status, (429, 503))
        self.assertEqual("1", headers["Retry-After"])
        self.assertEqual([], Upstream.seen)

    def test_bodies_break_in_ways_that_can_be_seen(self):
        self.proxy.set(truncate=1)
        with self.assertRaises(http.client.IncompleteRead):
            self.ask()
        self.proxy.calm()
        self.proxy.set(corrupt=1)
        with self.assertRaises(ValueError):
            json.loads(self.ask()[2])

    def test_a_lie_and_slow_answers(self):
        self.proxy.set(lie=1)
        self.assertEqual((200, b"<h1>An internal RT error</h1>"), self.ask()[::2])
        self.assertEqual(json.dumps(BODY).encode(), self.ask("POST")[2])  # no lie for it
        for kind in ("trickle", "delay"):
            self.proxy.calm()
            self.proxy.set(**{kind: 1})
            self.assertEqual(json.dumps(BODY).encode(), self.ask()[2])
            self.assertEqual(kind, self.proxy.faults[-1].kind)

    def test_it_goes_dark_and_comes_back_on_its_port(self):
        self.ask()
        self.proxy.dark()
        with self.assertRaises(ConnectionRefusedError):
            self.ask()
        self.proxy.light()
        self.assertEqual(200, self.ask()[0])

    def test_what_hung_is_never_delivered(self):
        self.proxy.hang()
        client = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=10)
        client.request("POST", "/", b"late")
        while not self.proxy.faults:  # until it was read
            pass
        self.proxy.light()
        with self.assertRaises((http.client.HTTPException, OSError)):
            client.getresponse()
        client.close()
        self.assertEqual([], Upstream.seen)
        self.assertEqual(200, self.ask()[0])

    def test_a_seed_draws_the_same_faults(self):
        with proxy.FaultProxy(self.proxy.url, 9) as one, proxy.FaultProxy(self.proxy.url, 9) as two:
            for mine in (one, two):
                mine.set(throttle=0.3, error=0.3)
            drawn = [[mine._draw() for _ in range(100)] for mine in (one, two)]
        self.assertEqual(*drawn)
        self.assertEqual({None, "throttle", "error"}, set(drawn[0]))


if __name__ == "__main__":
    unittest.main()
