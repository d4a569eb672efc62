"""The language's own test suite through `navette eval --ndjson`, as another program would use it.

    eval_suite.py --navette BINARY [--suite FOLDER]

Undefined is not null, true is not 1, and error codes and tokens count. Prints the score; exit 77
when the suite is absent.
"""
import argparse
import json
import pathlib
import subprocess
import sys


def equal(a, b, unordered=False):
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return float(a) == float(b)
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        if len(a) != len(b):
            return False
        if not unordered:
            return all(equal(x, y) for x, y in zip(a, b))
        rest = list(b)
        for item in a:
            found = next((i for i, other in enumerate(rest) if equal(item, other)), None)
            if found is None:
                return False
            rest.pop(found)
        return True
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return a == b


def cases(suite):
    datasets = {}
    for file in sorted(suite.glob("groups/*/*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        for index, case in enumerate(content if isinstance(content, list) else [content]):
            request = {"expr": case.get("expr")}
            if "expr-file" in case:
                request["expr"] = (file.parent / case["expr-file"]).read_text(encoding="utf-8")
            if "data" in case:
                request["input"] = case["data"]
            elif case.get("dataset"):
                name = case["dataset"]
                if name not in datasets:
                    path = suite / "datasets" / (name + ".json")
                    datasets[name] = json.loads(path.read_text(encoding="utf-8"))
                request["input"] = datasets[name]
            for key in ("bindings", "timelimit", "depth"):
                if key in case:
                    request[key] = case[key]
            if case.get("code") != "U1001" and "timelimit" in request:
                request["timelimit"] *= 60  # what comes out is tested, not this machine's speed
            yield f"{file.parent.name}/{file.name}[{index}]", case, request


def fits(case, answer):
    if "result" in case:
        return "result" in answer and equal(case["result"], answer["result"],
                                            case.get("unordered", False))
    if "undefinedResult" in case:
        return answer == {"undefined": True}
    wanted = case.get("error", case)
    error = answer.get("error", {})
    return error.get("code") == wanted["code"] and \
        ("token" not in wanted or equal(wanted["token"], error.get("token")))


def main():
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--navette", required=True)
    root = pathlib.Path(__file__).resolve().parents[2]
    made.add_argument("--suite", type=pathlib.Path, default=root.parent / "shared/jsonata-suite")
    options = made.parse_args()
    if not (options.suite / "groups").is_dir():
        print(f"absent: {options.suite}")
        return 77
    process = subprocess.Popen([options.navette, "eval", "--ndjson"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, encoding="utf-8")
    total, passed = 0, 0
    for name, case, request in cases(options.suite):
        total += 1
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            print(f"{name}: the process is gone, with {process.wait()}")
            return 1
        if fits(case, json.loads(line)):
            passed += 1
        else:
            print(f"{name}: {request['expr']!r:.200}\n    found {line.strip():.300}")
    process.stdin.close()
    code = process.wait()
    print(f"navette eval: {passed}/{total}, exit {code}")
    return 0 if passed == total and total >= 1686 and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
