"""docs/mapping.md, tried: each flow in it is checked, each example carried over, each command run.

    guide_test.py --navette BINARY --docs FOLDER

What the blocks of the guide mean:
  yaml     its first line may name the file: `# acme.yaml`. One with `fields:` is the flow of the
           examples that follow; what a flow's head lacks is added.
  text     examples of that flow, CLIENT -> PROVIDER, CLIENT <- PROVIDER or CLIENT <-> PROVIDER:
           JSON documents. In place of the one that is made may stand `refused: WORDS`; after it
           may stand `lost: WORDS`.
  json     a document; the word after `json` names its file.
  console  commands after `$ `, each with what it prints.

Also: every key of a rule has a flow that shows it, and no link between pages leads nowhere.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HEAD = {"flow": "flow: guide\n", "client": "client: {}\n", "provider": "provider: {}\n"}
ARROW = re.compile(r"\s*(<->|->|<-)\s*")


def blocks(page):
    """(line, kind, word after it, text) of each fenced block."""
    lines = page.split("\n")
    start = None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start is None:
            start = number
            continue
        kind, _, word = lines[start][3:].partition(" ")
        yield start + 1, kind, word.strip(), "\n".join(lines[start + 1 : number]) + "\n"
        start = None


def same(a, b):
    """Equal, and of the same types: 1 is not 1.0, nor true."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


class Examples:
    """The examples of one block, read from left to right."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def take(self, pattern):
        found = re.compile(pattern).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def side(self):
        self.take(r"\s*")
        refused = self.take(r"refused: (.*)\n")
        if refused:
            return None, refused[1].strip()
        document, self.at = json.JSONDecoder().raw_decode(self.text, self.at)
        return document, None

    def __iter__(self):
        while self.text[self.at :].strip():
            client, why_client = self.side()
            arrow = self.take(ARROW)[1]
            provider, why_provider = self.side()
            lost = self.take(r"\s*lost: (.*)\n")
            yield client, arrow, provider, why_client or why_provider, lost and lost[1].strip()


class Guide:
    def __init__(self, navette, folder):
        self.navette = navette
        self.folder = folder
        self.flow = None
        self.line = 0
        self.failures = []
        self.tried = 0
        self.shown = set()

    def fail(self, text):
        self.failures.append(f"docs/mapping.md:{self.line}: {text}")

    def run(self, *arguments, given=""):
        return subprocess.run([self.navette, *arguments], input=given, cwd=self.folder,
                              capture_output=True, text=True, timeout=60, check=False)

    def take(self, line, kind, word, text):
        self.line = line
        if kind == "yaml":
            self.take_yaml(text)
        elif kind == "text":
            for example in Examples(text):
                self.try_example(*example)
        elif kind == "json":
            json.loads(text)
            (self.folder / word).write_text(text, encoding="utf-8")
        elif kind == "console":
            self.try_commands(text)
        else:
            self.fail(f'a block of kind "{kind}" is tried by nobody')

    def take_yaml(self, text):
        name = re.match(r"# (\S+\.yaml)\n", text)
        if not re.search(r"^fields:", text, re.M):
            if not name:
                self.fail("this block has neither a file's name nor fields")
                return
            (self.folder / name[1]).write_text(text, encoding="utf-8")
            return
        self.flow = name[1] if name else "flow.yaml"
        for key, line in HEAD.items():
            if not re.search(rf"^{key}:", text, re.M):
                text += line
        (self.folder / self.flow).write_text(text, encoding="utf-8")
        self.shown.update(re.findall(r"(?:[{,] ?|^ +(?:- )?)([a-z]+):", text, re.M))
        checked = self.run("check", "--flow", self.flow, "--json")
        report = json.loads(checked.stdout)
        # A flow with mistakes is there to show what is said about them.
        if report["diagnostics"] and not self.flow.startswith("wrong"):
            self.fail(f"navette check has something to say:\n{checked.stdout}")

    def try_example(self, client, arrow, provider, refused, lost):
        if arrow in ("->", "<->"):
            self.carry(client, provider, [], refused, lost)
        if arrow in ("<-", "<->"):
            self.carry(provider, client, ["--reverse"], refused, lost)

    def carry(self, given, expected, way, refused, lost):
        self.tried += 1
        text = json.dumps(given)
        mapped = self.run("map", self.flow, *way, given=text + "\n")
        explained = json.loads(self.run("explain", self.flow, *way, "--json", given=text).stdout)
        what = f"{' '.join(way)} {json.dumps(given, ensure_ascii=False)}"
        if refused is not None:
            if mapped.returncode != 1 or refused not in mapped.stderr:
                self.fail(f"{what} is not refused so: {mapped.stdout}{mapped.stderr}")
            return
        if mapped.returncode != 0 or not same(json.loads(mapped.stdout), expected):
            self.fail(f"{what} becomes {mapped.stdout}{mapped.stderr}")
        if not same(explained["document"], expected):
            self.fail(f"{what} is explained as {explained['document']}")
        losses = [loss for field in explained["fields"] for loss in field.get("losses", [])]
        if (lost is not None or losses) and lost != "; ".join(losses):
            self.fail(f"{what} loses: {'; '.join(losses)}")

    def try_commands(self, text):
        folder = pathlib.Path(self.navette).parent
        env = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}")
        for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
            self.tried += 1
            command, _, expected = part.partition("\n")
            ran = subprocess.run(["sh", "-c", command], cwd=self.folder, env=env, timeout=60,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 check=False)
            if ran.stdout.rstrip() != expected.rstrip():
                self.fail(f"$ {command} prints\n{ran.stdout}")


def anchors(page):
    """What GitHub makes of the headings."""
    for heading in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page, flags=re.M | re.S),
                              re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def check_links(docs, failures):
    """Links from page to page, with their headings."""
    known = {path.resolve(): path.read_text(encoding="utf-8")
             for path in [docs.parent / "README.md", *docs.rglob("*.md")]}
    for path, page in known.items():
        for link in re.findall(r"\]\(([^)\s:]+)\)", page):
            target, _, anchor = link.partition("#")
            file = (path.parent / target).resolve() if target else path
            if not file.exists() or (anchor and anchor not in anchors(known.get(file, ""))):
                failures.append(f"{path.name}: the link {link} leads nowhere")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--navette", type=pathlib.Path, required=True)
    parser.add_argument("--docs", type=pathlib.Path, required=True)
    args = parser.parse_args()
    page = (args.docs / "mapping.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        guide = Guide(str(args.navette.resolve()), pathlib.Path(folder))
        for block in blocks(page):
            guide.take(*block)
    failures = guide.failures
    schema = json.loads((args.docs / "schemas" / "flow.json").read_text(encoding="utf-8"))
    for key in schema["properties"]["fields"]["items"]["properties"]:
        if key not in guide.shown:
            failures.append(f"no flow of the guide shows `{key}`")
    check_links(args.docs, failures)
    if guide.tried < 100:
        failures.append(f"only {guide.tried} examples were found")
    for failure in failures:
        print(failure)
    print(f"{guide.tried} examples tried, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
