#!/usr/bin/env python3
"""A connector for Navette that keeps tickets in a JSON file.

It speaks the protocol of docs/bus-protocol.md and imports nothing of Navette. The class Bus is the
protocol, the class TicketFile the "system"; for a system of your own, replace the latter.
"""

import base64
import datetime
import json
import os
import pathlib
import secrets
import signal
import sys
import time

import zmq

PROTOCOL = 1
HEADER_BYTES_MAX = 4 << 20
BLOB_BYTES_MAX = 32 << 20
FIELDS = ["subject", "description", "status", "priority", "assignee", "due", "queue", "mark"]
SELF = {"id": "1", "login": "navette", "name": "Navette"}


class Refused(Exception):
    """The answer to one request is an error; `fault` says what the hub does next."""

    def __init__(self, fault, message):
        super().__init__(message)
        self.fault = fault


class TicketFile:
    """Tickets, comments and files in one JSON file, replaced as a whole by each write."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.state = {"changes": 0, "last_id": 0, "tickets": {}, "files": {}}
        if self.path.exists():
            self.state = json.loads(self.path.read_text(encoding="utf-8"))

    # ---- the methods of the protocol; each takes (params, blob) and gives (result, blob) --------

    def connect(self, _params, _blob):
        fields = [{"path": name, "required": name == "subject"} for name in FIELDS]
        return {
            "connector": "ticket-file",
            "version": "1",
            "system": f"Ticket file {self.path.name}",
            "self": SELF,
            "fields": fields,
            "internal_comments": True,
            "comment_keys": True,
            "attachment_visibility": True,
        }, b""

    def poll(self, params, _blob):
        cursor, since = params.get("cursor", ""), params.get("since", "")
        if cursor:
            try:
                after = int(cursor)
            except ValueError:
                raise Refused("rejected", f"poll: cursor not understood: {cursor!r}") from None
        else:
            after = 0 if since else self.state["changes"]
        begin = instant(since) if since and not cursor else None
        changed = []
        for ticket in self.state["tickets"].values():
            if ticket["change"] <= after or not within(ticket["doc"], params.get("where")):
                continue
            if begin is None or instant(ticket["updated_at"]) >= begin:
                changed.append(ticket)
        changed.sort(key=lambda ticket: ticket["change"])
        page = changed[: max(1, params.get("limit", 100))]
        records = [
            {"id": t["id"], "version": str(t["change"]), "updated_at": t["updated_at"]}
            for t in page
        ]
        return {
            "records": records,
            "cursor": str(page[-1]["change"] if page else after),
            "more": len(page) < len(changed),
        }, b""

    def fetch(self, params, _blob):
        ticket = self.state["tickets"].get(text(params, "id"))
        if ticket is None:
            return {"id": params["id"], "deleted": True}, b""
        return self.record(ticket, params.get("where")), b""

    def find(self, params, _blob):
        path, value = text(params, "path"), text(params, "value")
        ids = [
            ticket["id"]
            for ticket in self.state["tickets"].values()
            if within(ticket["doc"], params.get("where")) and ticket["doc"].get(path) == value
        ]
        return {"ids": ids}, b""

    def preview(self, params, _blob):
        body = {field["path"]: field["value"] for field in params.get("fields", [])}
        request = {"method": "WRITE", "url": f"file:{self.path.name}", "body": body}
        return {"requests": [request]}, b""

    def download(self, params, _blob):
        stored = self.state["files"].get(text(params, "attachment"))
        if stored is None or text(params, "ticket") not in self.state["tickets"]:
            raise Refused("rejected", "download: the file is gone")
        content = base64.b64decode(stored)
        if len(content) > params.get("bytes_max", 0):
            raise Refused("rejected", "download: the file is larger than bytes_max")
        return {}, content

    def execute(self, params, blob):
        writers = {
            "create": self.create,
            "update": self.update,
            "comment": self.comment,
            "attach": self.attach,
        }
        kind = text(params, "kind")
        if kind not in writers:
            raise Refused("rejected", f"execute: unknown kind {kind!r}")
        ticket = self.state["tickets"].get(params.get("id", ""))
        if kind != "create" and ticket is None:
            return {"verdict": "gone", "message": f"there is no ticket {params.get('id')}"}, b""
        for field in params.get("fields", []):
            if field["path"] not in FIELDS:
                message = f"there is no field {field['path']!r}"
                return {"verdict": "misconfigured", "message": message}, b""
        before = json.dumps(self.state)
        try:
            outcome = writers[kind](ticket, params, blob)
            self.save()
        except OSError as error:
            self.state = json.loads(before)
            return {"verdict": "retryable", "message": f"write {self.path}: {error}"}, b""
        return outcome, b""

    # ---- writing --------------------------------------------------------------------------------

    def create(self, _ticket, command, _blob):
        ticket = {"id": self.next_id(), "doc": dict.fromkeys(FIELDS), "comments": [],
                  "attachments": []}
        ticket["doc"].update(command.get("where") or {})
        self.state["tickets"][ticket["id"]] = ticket
        self.touch(ticket)
        return self.update(ticket, command, b"")

    def update(self, ticket, command, _blob):
        fresh = {field["path"]: field["value"] for field in command.get("fields", [])}
        if any(ticket["doc"][path] != value for path, value in fresh.items()):
            ticket["doc"].update(fresh)
            self.touch(ticket)
        after = self.record(ticket, command.get("where"))
        return {"verdict": "ok", "id": ticket["id"], "after": after}

    def comment(self, ticket, command, _blob):
        comment = {**command["comment"], **self.part(ticket, command)}
        ticket["comments"].append(comment)
        return {"verdict": "ok", "id": comment["id"]}

    def attach(self, ticket, command, blob):
        attachment = {**command["attachment"], **self.part(ticket, command), "size": len(blob)}
        ticket["attachments"].append(attachment)
        self.state["files"][attachment["id"]] = base64.b64encode(blob).decode("ascii")
        return {"verdict": "ok", "id": attachment["id"]}

    def part(self, ticket, command):
        """What a comment and a file of ours have in common. `key` tells a later look for it."""
        self.touch(ticket)
        return {"id": self.next_id(), "key": command["key"], "author": SELF, "own": True,
                "created_at": ticket["updated_at"]}

    def next_id(self):
        self.state["last_id"] += 1
        return str(self.state["last_id"])

    def touch(self, ticket):
        self.state["changes"] += 1
        ticket["change"] = self.state["changes"]
        now = datetime.datetime.now(datetime.timezone.utc)
        ticket["updated_at"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def record(self, ticket, where):
        return {
            "id": ticket["id"],
            "version": str(ticket["change"]),
            "updated_at": ticket["updated_at"],
            "in_scope": within(ticket["doc"], where),
            "doc": ticket["doc"],
            "comments": ticket["comments"],
            "attachments": ticket["attachments"],
        }

    def save(self):
        draft = self.path.with_suffix(".tmp")
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(self.state, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.path)


def text(params, name):
    value = params.get(name) if isinstance(params, dict) else None
    if not isinstance(value, str):
        raise Refused("rejected", f"read request: {name}: expected a text")
    return value


def within(doc, where):
    return all(doc.get(path) == value for path, value in (where or {}).items())


def instant(rfc3339):
    if len(rfc3339) == len("2026-01-01"):
        rfc3339 += "T00:00:00Z"
    return datetime.datetime.fromisoformat(rfc3339.replace("Z", "+00:00"))


class Bus:
    """The connector's side of the protocol, one request at a time."""

    HELLO_S = 5

    def __init__(self, system, address, keys, methods):
        self.context = zmq.Context()
        self.system, self.address, self.keys, self.methods = system, address, keys, methods
        self.instance = secrets.token_hex(16)
        self.stopping = False
        self.socket = None

    def run(self):
        """Serve until stop(); gives the exit code."""
        pause = 0.1
        while not self.stopping:
            self.open()
            ending = self.session()
            self.socket.close(linger=1000)
            if ending in ("refused", "replaced"):
                print(f"ended by the hub: {ending}", file=sys.stderr)
                return 3
            if ending == "served":
                pause = 0.1
            if not self.stopping:
                time.sleep(pause)
                pause = min(2 * pause, 5)
        return 0

    def stop(self, *_):
        self.stopping = True

    def open(self):
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.maxmsgsize = BLOB_BYTES_MAX
        if self.keys["hub"]:
            self.socket.curve_serverkey = self.keys["hub"].encode("ascii")
            self.socket.curve_publickey = self.keys["public"].encode("ascii")
            self.socket.curve_secretkey = self.keys["secret"].encode("ascii")
        self.socket.connect(self.address)

    def send(self, header, blob=b""):
        frames = [json.dumps(header, ensure_ascii=False).encode("utf-8")]
        self.socket.send_multipart(frames + [blob] if blob else frames)

    def hello(self):
        self.send({
            "type": "hello", "protocol": PROTOCOL, "system": self.system,
            "instance": self.instance, "connector": "ticket-file", "version": "1",
            "credit": 1, "methods": sorted(self.methods),
        })

    def receive(self, wait_s):
        """The next message as (header, blob), or None: nothing came, or it was malformed."""
        if not self.socket.poll(max(0, int(wait_s * 1000))):
            return None
        frames = self.socket.recv_multipart()
        if len(frames) > 2 or len(frames[0]) > HEADER_BYTES_MAX:
            return None
        try:
            header = json.loads(frames[0])
        except ValueError:
            return None
        if not isinstance(header, dict) or not isinstance(header.get("type"), str):
            return None
        return header, frames[1] if len(frames) == 2 else b""

    def session(self):
        """From hello to the end of one session; says how it ended."""
        self.hello()
        welcome, heard, beaten, leaving = None, time.monotonic(), time.monotonic(), False
        silence_s, beat_s = self.HELLO_S, 1.0
        while True:
            now = time.monotonic()
            if now - heard > silence_s:
                return "served" if welcome else "no answer"
            if welcome and now - beaten >= beat_s:
                self.send({"type": "heartbeat"})
                beaten = now
            if self.stopping and not leaving:
                if not welcome:
                    return "stopped"
                self.send({"type": "goodbye", "reason": "stopping"})
                leaving = True
            message = self.receive(min(beat_s, 0.2))
            if message is None:
                continue
            header, blob = message
            heard = time.monotonic()
            kind = header["type"]
            if kind == "welcome":
                welcome = header
                beat_s, silence_s = header["heartbeat_ms"] / 1000, header["silence_ms"] / 1000
            elif kind == "request":
                self.serve(header, blob)
            elif kind == "unknown" and welcome:
                welcome, silence_s = None, self.HELLO_S
                self.hello()
            elif kind == "refused":
                print(header.get("message"), file=sys.stderr)
                return "refused"
            elif kind == "goodbye":
                return "replaced" if header.get("reason") == "replaced" else "served"

    def serve(self, request, blob):
        answer = {"type": "reply", "id": request.get("id"), "ok": True}
        content = b""
        method = self.methods.get(request.get("method"))
        try:
            if method is None:
                raise Refused("rejected", f"{request.get('method')!r} is no method")
            answer["result"], content = method(request.get("params"), blob)
        except Refused as refused:
            answer["ok"] = False
            answer["error"] = {"fault": refused.fault, "message": str(refused)}
        except Exception as error:  # a bug here: it may have had half of its effect
            answer["ok"] = False
            answer["error"] = {"fault": "retry_later", "message": repr(error), "ambiguous": True}
        self.send(answer, content)


def main():
    tickets = TicketFile(os.environ.get("NAVETTE_TICKETS", "tickets.json"))
    names = ["connect", "poll", "fetch", "find", "execute", "preview", "download"]
    keys = {
        "hub": os.environ.get("NAVETTE_HUB_KEY", ""),
        "public": os.environ.get("NAVETTE_PUBLIC_KEY", ""),
        "secret": os.environ.get("NAVETTE_SECRET_KEY", ""),
    }
    bus = Bus(os.environ["NAVETTE_SYSTEM"], os.environ["NAVETTE_BUS"], keys,
              {name: getattr(tickets, name) for name in names})
    signal.signal(signal.SIGTERM, bus.stop)
    signal.signal(signal.SIGINT, bus.stop)
    return bus.run()


if __name__ == "__main__":
    sys.exit(main())
