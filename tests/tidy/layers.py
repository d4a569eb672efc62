"""Keeps the folders' order, and the few rules of style that a script can judge.

    layers.py ROOT     prints every violation as file:line: error: ...; exit 1 if there is one

What is judged: which folder includes which, which folder may see which library, lengths of lines,
functions and files, and words or calls that never belong into a source.
"""
import pathlib
import re
import sys

# folder -> folders it may include; the order of CMakeLists.txt, written as one table
MAY_USE = {
    "include": {"include"},
    "base": {"include", "base"},
    "config": {"include", "base", "config"},
    "bus": {"include", "base", "config", "bus"},
    "store": {"include", "base", "config", "store"},
    "mapping": {"include", "base", "config", "mapping"},
    "mapping/check": {"include", "base", "config", "mapping", "mapping/check"},
    "mapping/cases": {"include", "base", "config", "mapping", "mapping/cases"},
    "connectors/host": {"include", "base", "config", "bus", "connectors/host"},
    "connectors/declarative": {"include", "base", "config", "mapping", "connectors/declarative"},
    "sync": {"include", "base", "config", "bus", "store", "mapping", "connectors/host", "sync"},
    "console": {"include", "base", "config", "bus", "store", "mapping", "sync", "console"},
    "backoffice": {"include", "base", "mapping", "backoffice"},
    "backoffice/office": {"include", "base", "mapping", "store", "backoffice",
                          "backoffice/office"},
    "tools": {"include", "base", "config", "bus", "store", "mapping", "connectors/host",
              "connectors/declarative", "sync", "console", "backoffice", "backoffice/office",
              "tools"},
}
CONNECTOR = {"include"}  # a connector in code sees the SDK and its own folder, nothing else

# library header -> folders that may see it; a library that is not named here is for anyone
LIBRARIES = {
    r"sqlite3\.h": {"store"},
    r"pqxx/": {"store"},
    r"zmq(_addon)?\.hp?p?": {"bus"},
    r"yaml-cpp/": {"config"},
    r"Poco/": {"connectors/host", "connectors/declarative", "console", "tools"},
    r"CLI/": {"tools"},
    r"simdjson\.h": {"base", "mapping"},
    r"(format|expected)>": set(),  # g++ 12 has neither
}
STANDARD = re.compile(r"^[a-z0-9_]+$")  # <vector>, and not <zmq.h>

LINE_LIMIT, FUNCTION_LIMIT, FILE_LIMIT = 100, 70, 800

# words in any text file
WORDS = {
    r"\b(TODO|FIXME|XXX|HACK)\b": "finish it, or write down why it is so",
    r"/(work|farm)/|/home/[a-z]+/|/tmp/bash_": "a path of one machine",
    # What a test reads from outside this checkout may be absent: it says so in these words.
    r"\b(DISABLED_|GTEST_SKIP(?!\(\) << \"absent: ))": "a skipped test is a failure",
}
# calls in C++
CALLS = {
    r"\bsleep_for\(|\bsleep_until\(|\busleep\(|(?<![\w.>])sleep\(":
        "wait for the condition, with a deadline, and not for a time",
    r"\bstd::system\(|(?<![\w.>])system\(\"": "no shell",
    r"\b(std::)?rand\(\)": "randomness comes in through base/random.h",
    r"\b(sprintf|strcpy|strcat|strtok|gmtime|localtime)\(": "unsafe, or not for threads",
}
# Time comes in, so that a simulation can run; only the limit on an expression is real time.
CLOCKLESS = {"config", "mapping", "store", "sync", "backoffice", "backoffice/office"}
TIMED = "mapping/jsonata/"
CLOCK = re.compile(r"\b(system_clock|steady_clock)::now\(")
# The back office is a system of its own, with a database of its own.
SPEAKS_SQL = {"store", "backoffice/office"}
SQL = re.compile(r"\"\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE)\b")

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
CODE = {".h", ".cc"}
TEXT = CODE | {".py", ".sh", ".yaml", ".md", ".cmake", ".txt", ".js", ".json", ".scss", ".html"}
SKIPPED = re.compile(r"^(\.git|build[^/]*|node_modules|__pycache__)$")


def layer(path):
    """The folder of a source, or of what an #include names."""
    parts = path.split("/")
    if parts[0] in ("include", "navette"):
        return "include"
    if parts[0] == "connectors" or parts[:2] == ["backoffice", "office"]:
        return "/".join(parts[:2])
    return parts[0]


def files(root):
    for path in sorted(root.iterdir()):
        if SKIPPED.match(path.name):
            continue
        if path.is_dir():
            yield from files(path)
        elif path.suffix in TEXT or path.name == "dev":
            yield path


def check_include(own, named, library):
    """What is wrong with an #include in folder `own`, or nothing."""
    if named is not None:
        if "/" not in named:
            return f'name the folder too: "{named}"'
        used = layer(named)
        if used not in MAY_USE.get(own, CONNECTOR | {own}):
            return f"{own} may not include {named}"
        return None
    if own == "include" and not STANDARD.match(library):
        return f"a public header names no third-party type: <{library}>"
    for pattern, folders in LIBRARIES.items():
        if re.match(pattern, library + ">") and own not in folders:
            return f"{own} may not include <{library}>"
    return None


def long_functions(lines):
    """(first line, length) of blocks that are too long, by the layout that clang-format gives."""
    starts = {0: 0, 2: 0}
    for number, line in enumerate(lines, 1):
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        if indent not in starts or not text or text.startswith(("//", "#", "*")):
            continue
        if re.match(r"\}(  //.*)?$", text) and "namespace" not in text:
            length = number - starts[indent] + 1
            if starts[indent] and length > FUNCTION_LIMIT:
                yield starts[indent], length
        else:
            starts[indent] = number


def check_code(rel, text):
    own = layer(rel)
    tests = rel.startswith("tests/") or "/tests/" in rel or rel.startswith("examples/")
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        for pattern, why in CALLS.items():
            if re.search(pattern, line.split("//")[0]):
                yield number, f"{why}: {line.strip()}"
        if tests:
            continue
        if own in CLOCKLESS and not rel.startswith(TIMED) and CLOCK.search(line):
            yield number, f"{own} takes time from a Clock: {line.strip()}"
        if own not in SPEAKS_SQL and SQL.search(line):
            yield number, f"SQL stays in store/ and backoffice/office/: {line.strip()}"
        used = INCLUDE.match(line)
        wrong = used and check_include(own, used.group(1), used.group(2))
        if wrong:
            yield number, wrong
    for number, length in long_functions(lines):
        yield number, f"a function of {length} lines; {FUNCTION_LIMIT} at most"


def check_file(root, path):
    rel = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines()
    if path.suffix in CODE | {".py"}:
        if len(lines) > FILE_LIMIT:
            yield f"{rel}:{FILE_LIMIT}: error: {len(lines)} lines; {FILE_LIMIT} at most"
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_LIMIT:
                yield f"{rel}:{number}: error: {len(line)} columns; {LINE_LIMIT} at most"
    if not rel.startswith("tests/tidy/"):  # which names what it looks for
        for number, line in enumerate(lines, 1):
            for pattern, why in WORDS.items():
                if re.search(pattern, line):
                    yield f"{rel}:{number}: error: {why}: {line.strip()}"
    if path.suffix in CODE:
        for number, wrong in check_code(rel, text):
            yield f"{rel}:{number}: error: {wrong}"


def check(root):
    return [wrong for path in files(root) for wrong in check_file(root, path)]


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    wrong = check(root)
    print("\n".join(wrong) if wrong else "folders, lengths and words are in order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
