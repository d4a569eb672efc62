"""Deliberate faults of the engine, each a replacement in one source file.

    mutate.py names                    NAME FILE SEED of each, one a line: the first seed to try
    mutate.py make NAME ROOT OUT       writes the mutated source to OUT, and OUT.trouble when the
                                       text to replace does not stand there exactly once
    mutate.py try NAME OUT PROGRAM..   runs PROGRAM, which must catch it; says why it can't
"""
import pathlib
import subprocess
import sys

MUTANTS = pathlib.Path(__file__).with_name("mutants.txt")


def read():
    mutants = {}
    for block in ("\n" + MUTANTS.read_text(encoding="utf-8")).split("\n=== ")[1:]:
        head, rest = block.split("\n", 1)
        about, rest = rest.split("\n---\n", 1)
        # An empty replacement has no line of its own.
        old, new = (rest + "\n").split("\n+++\n", 1)
        name, source, *seed = head.split()
        new = new.rstrip("\n") + "\n" if new.strip() else ""
        mutants[name] = (source, about, old + "\n", new, seed[0] if seed else "1")
    return mutants


def make(name, root, out):
    source, _, old, new, _ = read()[name]
    text = (pathlib.Path(root) / source).read_text(encoding="utf-8")
    # The last line of the text to replace may go on: "// The link" is the begin of a comment.
    old, new = old[:-1], new[:-1] if new else new
    count = text.count(old)
    out, trouble = pathlib.Path(out), pathlib.Path(out + ".trouble")
    trouble.unlink(missing_ok=True)
    if count != 1:
        trouble.write_text(f"{name}: its text stands {count} times in {source}, and not once: "
                           f"mend tests/simulation/mutants/mutants.txt\n", encoding="utf-8")
    else:
        text = text.replace(old, new)
    out.write_text(text, encoding="utf-8")


def attempt(name, out, program):
    trouble = pathlib.Path(out + ".trouble")
    if trouble.exists():
        sys.exit(trouble.read_text(encoding="utf-8"))
    print(read()[name][1], flush=True)
    sys.exit(subprocess.run(program, check=False).returncode)


def main(words):
    if words == ["names"]:
        for name, mutant in read().items():
            print(name, mutant[0], mutant[-1])
    elif words[0] == "make" and len(words) == 4:
        make(*words[1:])
    elif words[0] == "try" and len(words) > 3:
        attempt(words[1], words[2], words[3:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
