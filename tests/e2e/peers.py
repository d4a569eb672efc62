"""Small clients of Request Tracker and Redmine, and what "both sides agree" means.

The tables here are an oracle of their own: they say what examples/rt-redmine should do, and are not
read from it.
"""
import base64
import collections
import hashlib
import html.parser
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

TIMEOUT = 30  # seconds; a stopped process accepts and never answers

# Request Tracker -> the values of Redmine that mean the same; the first is what is written
STATUSES = {"new": ["New"], "open": ["In Progress"], "stalled": ["Feedback"],
            "resolved": ["Resolved", "Closed"], "rejected": ["Rejected"], "deleted": ["Rejected"]}
SEVERITIES = {"": ["Normal"], "Minor": ["Low"], "Major": ["High"],
              "Critical": ["Urgent", "Immediate"]}
PEOPLE = {"camille": "Alice Developer", "denis": "Bob Developer"}
SUBJECT_BYTES_MAX, SUBJECT_CHARACTERS_MAX = 200, 255


class HttpError(Exception):
    def __init__(self, method, url, code, body):
        super().__init__(f"{method} {url}: {code} {body[:300]!r}")
        self.code, self.body = code, body


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def http(method, url, headers=None, body=None, timeout=TIMEOUT):
    """(status, bytes) of a 2xx or 3xx answer. Errors: HttpError, OSError (no answer). What only
    reads is asked for again when a busy server does not answer in time."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    for left in (2, 1, 0) if method == "GET" and timeout == TIMEOUT else (0,):
        try:
            with _opener.open(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise HttpError(method, url, error.code, error.read()) from None
        except TimeoutError:
            if not left:
                raise
        except urllib.error.URLError as error:
            if not left or not isinstance(error.reason, TimeoutError):
                raise
    raise AssertionError("unreachable")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


Comment = collections.namedtuple("Comment", "id author public text")
File = collections.namedtuple("File", "id author name size sha256")


class RequestTracker:
    """REST 2.0. Threads: safe; no connection is kept."""
    name = "Request Tracker"

    def __init__(self, url, token, queue="Helpdesk"):
        self.url, self.token, self.queue = url, token, queue
        self._contents = {}  # attachments never change
        self._lock = threading.Lock()

    def call(self, method, path, body=None, **query):
        url = f"{self.url}/REST/2.0{path}"
        if query:
            url += "?" + urllib.parse.urlencode(query, doseq=True)
        headers = {"Authorization": f"token {self.token}", "Accept": "application/json"}
        if isinstance(body, tuple):
            headers["Content-Type"], body = body
        elif body is not None:
            headers["Content-Type"], body = "application/json", json.dumps(body).encode()
        _, answer = http(method, url, headers, body)
        return json.loads(answer) if answer else None

    def create(self, subject, content="", content_type="text/plain", **fields):
        body = {"Queue": self.queue, "Subject": subject, "Content": content or "-",
                "ContentType": content_type, **fields}
        return int(self.call("POST", "/ticket", body)["id"])

    def update(self, ticket, **fields):
        """RT's sentences about what it did; it answers 200 to a refusal too."""
        return self.call("PUT", f"/ticket/{ticket}", fields)

    def set_severity(self, ticket, value):
        return self.update(ticket, CustomFields={"Severity": value or None})

    def comment(self, ticket, text, public, files=(), content_type="text/plain"):
        """A reply (public) or a comment (internal); files: (name, bytes). Multipart, because RT
        breaks file names in JSON beyond ASCII."""
        boundary = uuid.uuid4().hex
        parts = [("JSON", None, "application/json",
                  json.dumps({"Content": text, "ContentType": content_type}).encode())]
        parts += [("Attachments", name, "application/octet-stream", content)
                  for name, content in files]
        body = b""
        for field, name, kind, content in parts:
            quoted = (name or "").replace("\\", "\\\\").replace('"', '\\"')
            shown = f'; filename="{quoted}"' if name is not None else ""
            body += (f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"{shown}\r\n'
                     f"Content-Type: {kind}\r\n\r\n").encode() + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        self.call("POST", f"/ticket/{ticket}/{'correspond' if public else 'comment'}",
                  (f"multipart/form-data; boundary={boundary}", body))

    def pages(self, path, **query):
        """Every item of a list. RT filters by rights after the limit, so that a short page is the
        last one only for a user who may see all of it, as the agents here may."""
        page, size = 1, 100
        while True:
            items = self.call("GET", path, page=page, per_page=size, **query)["items"]
            yield from items
            if len(items) < size:
                return
            page += 1

    def all(self):
        """{id: fields} of every ticket of the queue: subject, status, severity, owner, mark."""
        found = {}
        for item in self.pages("/tickets", query=f"Queue='{self.queue}'", orderby="id",
                               fields="Subject,Status,Owner,CustomFields"):
            found[int(item["id"])] = self._fields(item)
        return found

    @staticmethod
    def _fields(item):
        # A value that was cleared reads as a list of one null.
        custom = {field["name"]: (field["values"] or [""])[0] or ""
                  for field in item["CustomFields"]}
        owner = item["Owner"]["id"]
        return {"subject": item["Subject"], "status": item["Status"],
                "severity": custom.get("Severity", ""), "owner": "" if owner == "Nobody" else owner,
                "mark": custom.get("External ref", "")}

    def fields(self, ticket):
        return self._fields(self.call("GET", f"/ticket/{ticket}"))

    def transactions(self, ticket):
        return list(self.pages(f"/ticket/{ticket}/history", fields="Type,Creator,Field,NewValue"))

    def last_transaction(self):
        """The id of the newest transaction of any ticket of the queue; 0 if there is none."""
        items = self.call("GET", "/transactions", per_page=1, orderby="id", order="DESC",
                          query=f"ObjectType='RT::Ticket' AND TicketQueue='{self.queue}'")["items"]
        return int(items[0]["id"]) if items else 0

    def transactions_after(self, number):
        return list(self.pages("/transactions", orderby="id", fields="Type,Creator,Field,ObjectId",
                               query="ObjectType='RT::Ticket' AND "
                                     f"TicketQueue='{self.queue}' AND id > {number}"))

    def _attachment(self, number):
        with self._lock:
            if number in self._contents:
                return self._contents[number]
        item = self.call("GET", f"/attachment/{number}")
        content = base64.b64decode(item.get("Content") or "")
        with self._lock:
            self._contents[number] = content
        return content

    def messages(self, ticket):
        """(description, [Comment], [File])"""
        kinds = {int(t["id"]): (t["Type"], t["Creator"]["id"]) for t in self.transactions(ticket)}
        description, comments, files, texts = "", [], [], {}
        for part in self.pages(f"/ticket/{ticket}/attachments",
                               fields="ContentType,Filename,TransactionId"):
            transaction = int(part["TransactionId"]["id"] if isinstance(part["TransactionId"], dict)
                              else part["TransactionId"])
            kind, author = kinds.get(transaction, ("", ""))
            if kind not in ("Create", "Correspond", "Comment"):
                continue
            if part["Filename"]:
                content = self._attachment(int(part["id"]))
                files.append(File(int(part["id"]), author, part["Filename"], len(content),
                                  sha256(content)))
            elif part["ContentType"].startswith("text/") and transaction not in texts:
                text = self._attachment(int(part["id"])).decode("utf-8", "replace")
                if part["ContentType"] == "text/html":
                    text = plain(text)
                texts[transaction] = text
        for transaction, text in sorted(texts.items()):
            kind, author = kinds[transaction]
            if kind == "Create":
                description = text
            elif text.strip():
                comments.append(Comment(transaction, author, kind == "Correspond", text))
        return description, comments, files


class Redmine:
    """Threads: safe; no connection is kept."""
    name = "Redmine"

    def __init__(self, url, key, project="support-acme", mark_field=1):
        self.url, self.key, self.project, self.mark_field = url, key, project, mark_field
        self._names = {}  # "issue_statuses" -> {name: id}
        self._digests = {}  # attachments never change

    def call(self, method, path, body=None, **query):
        url = f"{self.url}{path}"
        if query:
            url += "?" + urllib.parse.urlencode(query)
        headers = {"X-Redmine-API-Key": self.key}
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/octet-stream"
        elif body is not None:
            headers["Content-Type"], body = "application/json", json.dumps(body).encode()
        for _ in range(20):
            try:
                _, answer = http(method, url, headers, body)
                return json.loads(answer) if answer else None
            except HttpError as error:
                # Two writes to one issue at the same moment: one of them is refused like this.
                if error.code != 422 or json.loads(error.body or b"{}").get("errors") != []:
                    raise
        raise TimeoutError(f"{method} {path}: refused 20 times, because others write as well")

    def _id(self, kind, name):
        if kind not in self._names:
            path = "/enumerations/issue_priorities.json" if kind == "issue_priorities" \
                else f"/{kind}.json"
            self._names[kind] = {item["name"]: item["id"] for item in self.call("GET", path)[kind]}
        return self._names[kind][name]

    def _person(self, name):
        if "people" not in self._names:
            listed = self.call("GET", f"/projects/{self.project}/memberships.json", limit=100)
            self._names["people"] = {item["user"]["name"]: item["user"]["id"]
                                     for item in listed["memberships"]}
        return self._names["people"][name]

    def _body(self, fields):
        body = {}
        for name, value in fields.items():
            if name == "status":
                body["status_id"] = self._id("issue_statuses", value)
            elif name == "priority":
                body["priority_id"] = self._id("issue_priorities", value)
            elif name == "owner":
                body["assigned_to_id"] = self._person(value) if value else ""
            else:
                body[name] = value
        return body

    def create(self, subject, description="", **fields):
        body = {"project_id": self.project, "subject": subject, "description": description,
                "tracker_id": self._id("trackers", "Support"), **self._body(fields)}
        return self.call("POST", "/issues.json", {"issue": body})["issue"]["id"]

    def update(self, issue, **fields):
        """Redmine answers 204 to a refused status too."""
        self.call("PUT", f"/issues/{issue}.json", {"issue": self._body(fields)})

    def comment(self, issue, text, public):
        self.update(issue, notes=text, private_notes=not public)

    def edit_comment(self, journal, text):
        self.call("PUT", f"/journals/{journal}.json", {"journal": {"notes": text}})

    def attach(self, issue, name, content, notes=""):
        token = self.call("POST", "/uploads.json", content, filename=name)["upload"]["token"]
        upload = {"token": token, "filename": name, "content_type": "application/octet-stream"}
        self.update(issue, uploads=[upload], **({"notes": notes} if notes else {}))

    def all(self):
        """{id: fields} of every issue of the project: subject, status, severity, owner, mark."""
        found, offset = {}, 0
        while True:
            page = self.call("GET", "/issues.json", status_id="*", project_id=self.project,
                             sort="id", limit=100, offset=offset)
            for item in page["issues"]:
                found[item["id"]] = self._fields(item)
            offset += 100
            if offset >= page["total_count"]:
                return found

    def _fields(self, item):
        custom = {field["id"]: field["value"] for field in item.get("custom_fields", [])}
        return {"subject": item["subject"], "status": item["status"]["name"],
                "severity": item["priority"]["name"],
                "owner": item.get("assigned_to", {}).get("name", ""),
                "mark": custom.get(self.mark_field) or ""}

    def issue(self, number):
        return self.call("GET", f"/issues/{number}.json", include="journals,attachments")["issue"]

    def fields(self, number):
        return self._fields(self.call("GET", f"/issues/{number}.json")["issue"])

    def journals(self, number):
        return self.issue(number)["journals"]

    def messages(self, number):
        """(description, [Comment], [File])"""
        issue = self.issue(number)
        comments = [Comment(journal["id"], journal["user"]["name"], not journal["private_notes"],
                            journal["notes"])
                    for journal in issue["journals"] if (journal["notes"] or "").strip()]
        files = []
        for item in issue["attachments"]:
            if item["id"] not in self._digests:
                _, content = http("GET", f"{self.url}/attachments/download/{item['id']}",
                                  {"X-Redmine-API-Key": self.key})
                self._digests[item["id"]] = sha256(content)
            files.append(File(item["id"], item["author"]["name"], item["filename"],
                              item["filesize"], self._digests[item["id"]]))
        return issue["description"] or "", comments, files


# ---- comparing -----------------------------------------------------------------------------------
class _Plain(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text = []

    def handle_data(self, data):
        self.text.append(data)

    def handle_starttag(self, tag, attrs):
        if tag in ("br", "p", "div", "li", "tr"):
            self.text.append("\n")


def plain(text):
    """The text of some HTML."""
    parser = _Plain()
    parser.feed(text)
    parser.close()
    return "".join(parser.text)


def essence(text):
    """What must survive the way through another markup: letters, digits and pictures, in order."""
    text = re.sub(r"</?(notextile|pre)>", " ", text)
    while html.unescape(text) != text:  # "&amp;" as text is "&amp;amp;" in another markup
        text = html.unescape(text)
    return "".join(re.findall(r"[^\W_]|[\U0001F300-\U0001FAFF]", text))


def without_attribution(text):
    """A copied comment says in its first line who wrote it."""
    first, _, rest = text.lstrip().partition("\n")
    return rest if rest.strip() and first.strip().endswith(":") else text


def cut_bytes(text, limit):
    return text.encode()[:limit].decode("utf-8", "ignore")


def same_subject(rt, redmine):
    def flat(text):
        text = re.sub(r"[\x00-\x08\x0e-\x1f\x7f]", "", text)
        return cut_bytes(" ".join(text.split()), SUBJECT_BYTES_MAX).strip()

    short, whole = flat(rt), flat(redmine)
    if short == whole:
        return True
    # The mark of a cut is right where the rest had no room.
    return (short.endswith("…") and whole.startswith(short[:-1].rstrip())
            and len(short.encode()) > SUBJECT_BYTES_MAX - 10)


def field_differences(rt, redmine):
    """Names of the fields in which two tickets (as .all() gives them) disagree."""
    wrong = []
    if not same_subject(rt["subject"], redmine["subject"]):
        wrong.append("subject")
    if redmine["status"] not in STATUSES.get(rt["status"], []):
        wrong.append("status")
    if redmine["severity"] not in SEVERITIES.get(rt["severity"], []):
        wrong.append("severity")
    if rt["owner"] in PEOPLE or redmine["owner"] in PEOPLE.values():
        if PEOPLE.get(rt["owner"], "") != redmine["owner"]:
            wrong.append("owner")
    return wrong


def message_differences(rt, redmine, service_user="navette"):
    """Sentences about descriptions, comments and files that the two sides do not share."""
    wrong = []
    if essence(rt[0]) != essence(redmine[0]):
        wrong.append("description")
    with_files = {comment.id for comment in rt[1]
                  if comment.author == service_user and is_carrier(comment, rt[2])}
    sides = [collections.Counter((comment.public, essence(without_attribution(comment.text)))
                                 for comment in comments)
             for comments in ([c for c in rt[1] if c.id not in with_files], redmine[1])]
    for side, more in (("Request Tracker", sides[0] - sides[1]), ("Redmine", sides[1] - sides[0])):
        for (public, text), count in more.items():
            kind = "public" if public else "internal"
            wrong.append(f"{count} {kind} comment only in {side}: {text[:60]}")
    sums = [collections.Counter(file.sha256 for file in files) for files in (rt[2], redmine[2])]
    for side, more in (("Request Tracker", sums[0] - sums[1]), ("Redmine", sums[1] - sums[0])):
        for digest, count in more.items():
            name = next(f.name for f in rt[2] + redmine[2] if f.sha256 == digest)
            wrong.append(f"{count} file only in {side}: {name}")
    return wrong


def is_carrier(comment, files):
    """Request Tracker takes a file only with a message, which then says no more than its name."""
    return any(essence(file.name) and essence(file.name) in essence(comment.text)
               for file in files) and len(comment.text) < 300


Pairs = collections.namedtuple("Pairs", "pairs lonely_rt lonely_redmine doubled")


def pair_up(rt_all, redmine_all):
    """Which tickets are twins, by the marks on both sides."""
    by_rt, by_redmine = collections.defaultdict(set), collections.defaultdict(set)
    for number, fields in rt_all.items():
        if fields["mark"].startswith("RM-"):
            twin = int(fields["mark"][3:])
            by_rt[number].add(twin)
            by_redmine[twin].add(number)
    for number, fields in redmine_all.items():
        if fields["mark"].startswith("RT-"):
            twin = int(fields["mark"][3:])
            by_rt[twin].add(number)
            by_redmine[number].add(twin)
    pairs = [(rt, next(iter(twins))) for rt, twins in sorted(by_rt.items())
             if len(twins) == 1 and rt in rt_all and next(iter(twins)) in redmine_all
             and len(by_redmine[next(iter(twins))]) == 1]
    doubled = [f"RT {rt} <-> Redmine {sorted(twins)}"
               for rt, twins in by_rt.items() if len(twins) > 1]
    doubled += [f"Redmine {issue} <-> RT {sorted(twins)}"
                for issue, twins in by_redmine.items() if len(twins) > 1]
    return Pairs(pairs, sorted(set(rt_all) - {rt for rt, _ in pairs}),
                 sorted(set(redmine_all) - {issue for _, issue in pairs}), doubled)


def wait_until(what, seconds, interval=0.25):
    """The first true answer of what(). Errors: TimeoutError with its last answer's words."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(interval)
