#!/usr/bin/env python3
"""Breaks the code in one place at a time and sees whether the tests notice.

A mutant is one small change to daemon/core or store: a condition, a constant, a removed call. It
counts as killed when a test program, or one of 500 simulated lives, fails or hangs; one that does
not compile does not count. The mistakes in named/ are those that this project exists to exclude.
A program is built when those before it have noticed nothing. survivors.txt says of each mutant
that may live why that is right. Ends with 1 when a named one lives, or fewer than 90 % of the
sample are killed.
"""
import argparse
import concurrent.futures
import pathlib
import queue
import random
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent
ROOMS = ("daemon/core", "store")
GTESTS = ("core_test", "destination_test", "app_test", "model_test", "store_test", "sim_test",
          "fuzz_corpus_test")
# The quick ones first.
SUITE = (*((name, "--gtest_brief=1", "--gtest_fail_fast") for name in GTESTS),
         ("sim", "--seeds", "500", "--from", "1", "--jobs", "1"))
SECONDS = 300  # a program that takes longer hangs, or one that takes ten times as long as it should
MOST_BYTES = 4 << 30  # of a program's memory: one that never ends may eat all of it
GOAL = 0.9

# Pattern, replacement. clang-format puts blanks around binary operators and none into templates.
OPERATORS = [
    (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "), (r" == ", " != "),
    (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "), (r" \+ ", " - "), (r" - ", " + "),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"\bstd::min\b", "std::max"),
    (r"\bstd::max\b", "std::min"), (r"\bif \((?!!)(.+)\) \{$", r"if (!(\1)) {"), (r"\bif \(!", "if ("),
]
NUMBER = re.compile(r"(?<![\w.{])(\d+)(?![\w.'])")
CALL = re.compile(r"^\s+(?!return\b|case\b|throw\b|delete\b|ASSERT|using\b|static_assert)"
                  r"(?:[\w:>.\-\[\]*]+\(.*\)|[+\-]{2}\w+|[\w.>\-\[\]]+ [+\-|&]?= .+);$")
SKIPPED = re.compile(r"^\s*(//|#|static_assert|ASSERT|}|\{)|\brequires\b|R\"\(")


def masked(line):
    """The line with texts and comments blanked out, of the same length."""
    blank = lambda found: " " * len(found.group())
    return re.sub(r"//.*$", blank, re.sub(r"\"(\\.|[^\"\\])*\"|'(\\.|[^'\\])+'", blank, line))


def mutants_of(name):
    lines = (ROOT / name).read_text().split("\n")
    in_raw_text = False
    for number, line in enumerate(lines):
        if 'R"(' in line:
            in_raw_text = True
        if in_raw_text:
            in_raw_text = ')"' not in line
            continue
        if SKIPPED.search(line):
            continue
        code = masked(line)
        for pattern, replacement in OPERATORS:
            for found in re.finditer(pattern, code):
                original = line[found.start():found.end()]
                changed = re.sub(pattern, replacement, original)
                yield name, number, line, line[:found.start()] + changed + line[found.end():]
        for found in NUMBER.finditer(code):
            more = str(int(found.group()) + 1)
            yield name, number, line, line[:found.start()] + more + line[found.end():]
        if CALL.match(code):
            yield name, number, line, ""


class Tree:
    """A copy of the sources that is built and broken."""

    def __init__(self, index):
        self.path = ROOT / "build" / "mutants" / str(index)
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True,
                               capture_output=True, text=True).stdout.split("\0")
        self.sound = {name: (ROOT / name).read_bytes() for name in files if name}
        for name, content in self.sound.items():
            target = self.path / name
            if not target.exists() or target.read_bytes() != content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        subprocess.run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                        "-DCMAKE_CXX_FLAGS_DEBUG=-O1"], cwd=self.path, check=True, capture_output=True)
        self.patience = {}
        if killer := self.killer():
            sys.exit(f"the code as it is: {killer}")

    def build(self, program):
        return subprocess.run(["cmake", "--build", "build", "-j", "1", "--target", program],
                              cwd=self.path, capture_output=True).returncode == 0

    def killer(self):
        """The first program that notices; "": none does, "no build": it does not compile."""
        for command in SUITE:
            if not self.build(command[0]):
                return "no build"
            began = time.monotonic()
            try:
                done = subprocess.run(["prlimit", f"--as={MOST_BYTES}", f"build/bin/{command[0]}",
                                       *command[1:]], cwd=self.path, capture_output=True,
                                      timeout=self.patience.get(command, SECONDS))
            except subprocess.TimeoutExpired:
                return f"{command[0]} (hangs)"
            if done.returncode != 0:
                return command[0]
            took = time.monotonic() - began
            self.patience.setdefault(command, min(20 + 10 * took, SECONDS))
        return ""

    def restore(self, names):
        for name in names:
            (self.path / name).write_bytes(self.sound[name])

    def try_line(self, mutant):
        name, number, _, changed = mutant
        lines = self.sound[name].decode().split("\n")
        lines[number] = changed
        (self.path / name).write_text("\n".join(lines))
        try:
            return self.killer()
        finally:
            self.restore([name])

    def try_patch(self, patch):
        names = re.findall(r"^\+\+\+ b/(\S+)", patch.read_text(), re.M)
        applied = subprocess.run(["patch", "-p1", "--forward", "--quiet", "-i", str(patch)],
                                 cwd=self.path, capture_output=True)
        try:
            return self.killer() if applied.returncode == 0 else "no build"
        finally:
            self.restore(names)


def tell(result, what):
    word = {"": "LIVES", "no build": "no build"}.get(result, f"killed by {result}")
    print(f"{word:28} {what}", flush=True)


def reasons():
    """What survivors.txt says: (file, line as it is, line as it was changed) -> reason."""
    known = {}
    for block in (HERE / "survivors.txt").read_text().split("\n\n"):
        lines = [line.strip() for line in block.strip().split("\n") if not line.startswith("#")]
        if len(lines) == 4:
            known[tuple(lines[:3])] = lines[3]
    return known


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--named", action="store_true", help="only the mistakes in named/")
    options.add_argument("--sample", type=int, default=100, help="so many others, drawn (100)")
    options.add_argument("--seed", type=int, default=1, help="what the draw depends on (1)")
    options.add_argument("--in", dest="part", default="", help="only in files whose name has this")
    options.add_argument("--jobs", type=int, default=2, help="trees at once (2)")
    chosen = options.parse_args()

    files = sorted(str(file.relative_to(ROOT)) for room in ROOMS for file in (ROOT / room).glob("*.cpp"))
    names = [name for name in files if chosen.part in name]
    every = [mutant for name in names for mutant in mutants_of(name)]
    sample = [] if chosen.named else random.Random(chosen.seed).sample(every, min(chosen.sample, len(every)))
    patches = [] if chosen.part else sorted((HERE / "named").glob("*.patch"))
    print(f"{len(patches)} named mutants, {len(sample)} of {len(every)} others", flush=True)

    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        trees = queue.Queue()
        for tree in pool.map(Tree, range(chosen.jobs)):
            trees.put(tree)

        def run(attempt, what, mutant):
            tree = trees.get()
            try:
                result = getattr(tree, attempt)(mutant)
            finally:
                trees.put(tree)
            tell(result, what)
            return result

        named = list(pool.map(lambda patch: run("try_patch", patch.stem, patch), patches))
        others = list(pool.map(
            lambda m: run("try_line", f"{m[0]}:{m[1] + 1}: {m[2].strip()} -> {m[3].strip()}", m),
            sample))

    known = reasons()
    built = [(m, r) for m, r in zip(sample, others) if r != "no build"]
    lives = [m for m, r in built if r == ""]
    unknown = [m for m in lives if (m[0], m[2].strip(), m[3].strip() or "-") not in known]
    killed = len(built) - len(lives)
    named_killed = sum(1 for result in named if result not in ("", "no build"))
    print(f"named: {named_killed} of {len(named)} killed")
    if built:
        print(f"others: {killed} of {len(built)} killed ({100 * killed / len(built):.1f} %), "
              f"{len(others) - len(built)} did not compile, {len(lives) - len(unknown)} live with a reason")
    for name, number, line, changed in unknown:
        print(f"\n{name}\n{line.strip()}\n{changed.strip() or '-'}\nREASON: missing (line {number + 1})")
    return 0 if named_killed == len(named) and (not built or killed >= GOAL * len(built)) else 1


if __name__ == "__main__":
    sys.exit(main())
