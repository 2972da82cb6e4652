#!/usr/bin/env python3
"""load.py - does anything depend on how busy the machine is? Under load, again and again, the same.

    load.py [--load N] [--times N] [--jobs N] lint|cli|PATTERN...

Starts N busy loops (24: twelve a core on two) and runs, --times times (2), --jobs of them at once (8):
    lint       the whole lint: every known submission as stated
    cli        every test of grader/tests/cli but those that need a cluster: the same points
    PATTERN    the fixtures of that name ("08-event/pass-*"), each grading compared with the first
Prints each difference, and their number last; exit status 0 when it is 0. Slow on purpose: hours for
all of it, and no part of `make check`. What it starts ends with it.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TOP = pathlib.Path(__file__).resolve().parents[2]
LOCKSTEP = str(TOP / "build/lockstep")


class Load:
    def __init__(self, n):
        self.n, self.burners = n, []

    def __enter__(self):
        self.burners = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(self.n)]

    def __exit__(self, *_):
        for b in self.burners:
            b.kill()
            b.wait()


def lint(_, jobs):
    p = subprocess.run([LOCKSTEP, "lint", "--jobs", str(jobs)], capture_output=True, text=True, check=False, cwd=TOP)
    return {} if p.returncode == 0 else {"lint": p.stdout}


def cli_test(t, log):
    """The points of test t that are not ok."""
    env = dict(os.environ, LOCKSTEP=LOCKSTEP, log=log)
    p = subprocess.run(["sh", str(t)], capture_output=True, text=True, check=False, cwd=t.parent, env=env)
    bad = re.findall(r"^not ok .*(?:\n#.*)*", p.stdout, re.M)
    print(f"{t.name}: {len(bad)} not ok", flush=True)
    return "\n".join(bad) or ("" if re.search(r"^1\.\.", p.stdout, re.M) else "ended early")


def cli(log, jobs):
    """Points of each test that are not ok; none is right."""
    tests = [t for t in sorted((TOP / "grader/tests/cli").glob("*.t")) if not t.name.startswith(("37-", "38-"))]
    with ThreadPoolExecutor(jobs) as pool:
        wrong = dict(zip([t.name for t in tests], pool.map(lambda t: cli_test(t, log), tests)))
    return {name: text for name, text in wrong.items() if text}


def grade(path, exercise, log):
    slug = exercise[3:].replace("-", "_")
    with tempfile.TemporaryDirectory(prefix="lockstep-load-", dir=log) as tmp:
        os.chmod(tmp, 0o711)
        pathlib.Path(tmp, slug + ".c").write_bytes(path.read_bytes())
        p = subprocess.run([LOCKSTEP, "grade", exercise, "--submission", tmp, "--format", "json"],
                           capture_output=True, text=True, check=False,
                           env=dict(os.environ, XDG_STATE_HOME=tmp))
    verdicts = re.findall(r'"verdict": "([a-z-]+)", "headline"', re.sub(r"\s+", " ", p.stdout))
    return f"exit {p.returncode}: {' '.join(verdicts) or p.stderr.strip()[-200:]}"


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--load", type=int, default=24)
    a.add_argument("--times", type=int, default=2)
    a.add_argument("--jobs", type=int, default=8)
    a.add_argument("what", nargs="+")
    args = a.parse_args()
    differences = runs = 0
    with tempfile.TemporaryDirectory(prefix="lockstep-load-") as log:
        os.chmod(log, 0o711)
        quiet = {}
        paths = [p for w in args.what if w not in ("lint", "cli") for p in sorted((TOP / "fixtures").glob(w + ".c"))]
        for p in paths:
            quiet[p] = grade(p, p.parent.name, log)
        with Load(args.load):
            for k in range(args.times):
                for name, f in (("lint", lint), ("cli", cli)):
                    for what, text in (f(log, args.jobs) if name in args.what else {}).items():
                        differences += 1
                        print(f"run {k + 1}, {what}:\n{text}", flush=True)
                    runs += name in args.what
                for p in paths:
                    got = grade(p, p.parent.name, log)
                    runs += 1
                    if got != quiet[p]:
                        differences += 1
                        print(f"run {k + 1}, {p.parent.name}/{p.stem}: {got}\n    quiet: {quiet[p]}", flush=True)
    print(f"{differences} differences in {runs} runs at load {args.load}")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
