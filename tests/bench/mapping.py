#!/usr/bin/env python3
"""Mappings measured: our rules and our JSONata against code written by hand for the same mapping.

  mapping.py --program build/release/tests/bench/mapping_bench [--documents 30000] [--rounds 7]
             [--modules DIR_WITH_NODE_MODULES] [--seed 42]

Every engine maps the same generated tickets. Each round runs each engine once, in turn; its best
round counts. Times are processor time of the process, so that other work on the machine matters
little. First all outputs are compared, document by document. Exit code 1: an output differs, or
memory or allocations are beyond their limits; ratios are printed beside their targets.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent / "mapping"
FLOW = str(HERE / "flow.yaml")
EXPRESSION = str(HERE / "map.jsonata")
SLOW_SHARE = 20  # engines of others get every 20th document


class Bench:
    def __init__(self, options, folder):
        self.program = options.program
        self.modules = options.modules
        self.folder = folder
        self.files = {}
        for name, extra in (("ordered", []), ("shuffled", ["shuffled"])):
            self.files[name] = self.write(name, [
                self.program, "generate", str(options.documents), str(options.seed), *extra])
            self.files["few " + name] = self.head(name, options.documents // SLOW_SHARE)
        self.files["mapped"] = self.write("mapped", [self.program, "show", "rules",
                                                     self.files["ordered"], FLOW])

    def write(self, name, command):
        path = os.path.join(self.folder, name.replace(" ", "-") + ".ndjson")
        with open(path, "wb") as out:
            subprocess.run(command, stdout=out, check=True)
        return path

    def head(self, name, count):
        path = os.path.join(self.folder, "few-" + name + ".ndjson")
        with open(self.files[name], "rb") as source, open(path, "wb") as out:
            for _ in range(count):
                out.write(source.readline())
        return path

    def command(self, engine, path):
        if engine == "jq":
            return ["jq", "-c", "-f", str(HERE / "map.jq"), path]
        if engine == "node":
            return ["node", str(HERE / "map.mjs"), "plain", path]
        if engine == "jsonata-js":
            return ["node", str(HERE / "map.mjs"), "jsonata", path, EXPRESSION, self.modules]
        return None

    def measure(self, engine, path):
        """Seconds a document; of our own programs megabytes at the peak, allocations a document."""
        foreign = self.command(engine, path)
        if foreign is None:
            by = EXPRESSION if engine == "jsonata" else FLOW
            got = json.loads(subprocess.run([self.program, "run", engine, path, by],
                                            stdout=subprocess.PIPE, check=True).stdout)
            counted = max(got["documents"] - 1000, 1)
            return (got["seconds"] / got["documents"], got["peak_kb"] / 1024,
                    got["allocations"] / counted)
        with open(os.devnull, "wb") as sink:
            child = subprocess.Popen(foreign, stdout=sink)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = status
        if status != 0:
            sys.exit(f"mapping.py: {engine} failed")
        with open(path, "rb") as source:
            documents = sum(1 for _ in source)
        return (usage.ru_utime + usage.ru_stime) / documents, None, None

    def documents(self, engine, path):
        foreign = self.command(engine, path)
        by = EXPRESSION if engine == "jsonata" else FLOW
        command = foreign or [self.program, "show", engine, path, by]
        text = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        return [json.loads(line) for line in text.splitlines()]


def foreign_engines(options):
    engines = []
    if shutil.which("node"):
        engines.append("node")
        if os.path.isdir(os.path.join(options.modules, "node_modules", "jsonata")):
            engines.append("jsonata-js")
    if shutil.which("jq"):
        engines.append("jq")
    return engines


def compare(bench, foreign):
    """All engines give the same documents, and the way back gives back what came from it."""
    good = True
    for order in ("ordered", "shuffled"):
        path = bench.files["few " + order]
        expected = bench.documents("hand", path)
        tuned = ["hand-tuned"] if order == "ordered" else []
        for engine in ["rules", "jsonata", *tuned, *foreign]:
            got = bench.documents(engine, path)
            if got != expected:
                pairs = enumerate(zip(got, expected))
                at = next((i for i, (a, b) in pairs if a != b), len(got))
                print(f"  {engine} differs from the code by hand at {order} document {at}")
                good = False
    return good


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--documents", type=int, default=30000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--modules", default="")
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        bench = Bench(options, folder)
        foreign = foreign_engines(options)
        same = compare(bench, foreign)
        rows = [("read", "ordered"), ("hand", "ordered"), ("hand-tuned", "ordered"),
                ("rules", "ordered"), ("reverse", "mapped"), ("jsonata", "ordered"),
                ("hand", "shuffled"), ("rules", "shuffled"), ("jsonata", "shuffled")]
        rows += [(engine, "few ordered") for engine in foreign]
        best = {}
        for round_number in range(options.rounds):
            for row in rows:
                if row[1].startswith("few") and round_number >= 3:
                    continue
                got = bench.measure(row[0], bench.files[row[1]])
                if row not in best or got[0] < best[row][0]:
                    best[row] = got
        return report(bench, rows, best, same, options)


def report(bench, rows, best, same, options):
    size = os.path.getsize(bench.files["ordered"]) / options.documents
    hand = best[("hand", "ordered")][0]
    print(f"{options.documents} tickets of {size:.0f} bytes, seed {options.seed}, "
          f"best of {options.rounds}, processor time; outputs {'identical' if same else 'DIFFER'}")
    print(f"{'engine':<12} {'members':<12} {'docs/s':>9} {'us/doc':>8} {'vs hand':>8} "
          f"{'allocs/doc':>10} {'peak MB':>8}")
    for row in rows:
        seconds, peak, allocations = best[row]
        memory = "" if peak is None else f"{peak:.1f}"
        allocs = "" if allocations is None else f"{allocations:.3f}"
        order = row[1].replace("few ", "")
        print(f"{row[0]:<12} {order:<12} {1 / seconds:>9.0f} {seconds * 1e6:>8.2f} "
              f"{hand / seconds:>8.2f} {allocs:>10} {memory:>8}")
    ratios = [("rules against the code by hand", hand / best[("rules", "ordered")][0], 1.0),
              ("the same, members shuffled",
               best[("hand", "shuffled")][0] / best[("rules", "shuffled")][0], 2.5),
              ("JSONata against the code by hand", hand / best[("jsonata", "ordered")][0], 0.5),
              ("rules back against rules forward",
               best[("rules", "ordered")][0] / best[("reverse", "mapped")][0], 0.8)]
    if ("jsonata-js", "few ordered") in best:
        reference = best[("jsonata-js", "few ordered")][0]
        ratios.append(("JSONata against jsonata-js",
                       reference / best[("jsonata", "ordered")][0], 35))
    print()
    for what, ratio, target in ratios:
        verdict = "reached" if ratio >= target else "NOT reached"
        print(f"  {what:<36} {ratio:>7.2f}  target {target:g}: {verdict}")
    peak = max(best[row][1] for row in rows if row[0] in ("rules", "reverse", "jsonata"))
    allocs = max(best[row][2] for row in rows if row[0] in ("rules", "reverse", "jsonata"))
    print(f"  peak memory {peak:.1f} MB (limit 16), allocations a document {allocs:.3f} (limit 0)")
    return 0 if same and peak <= 16 and allocs < 0.001 else 1


if __name__ == "__main__":
    sys.exit(main())
