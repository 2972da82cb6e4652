#!/usr/bin/env python3
"""crash.py - a batch that is killed again and again ends with the same grades as one that is not.

    crash.py CLASS [--kills N] [--exercises LIST] [--seed S] [--lockstep PATH]

Grades CLASS once undisturbed; then in another OUT, with kill -9 of the whole process group at N
moments spread at random over the work, going on with --resume each time. Compares the gradebook
to the byte and every student's points and verdicts, counts that no result in the store was made twice,
and looks for what is left behind. Prints one line a check; exit 0 only if all hold.
"""
import argparse
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]


def results(out):
    """Keys that the store holds, read from a copy: the batch has the file to itself."""
    path = out / "batch.db"
    if not path.exists():
        return set()
    with tempfile.TemporaryDirectory() as tmp:
        for end in ("", "-wal"):
            if (out / f"batch.db{end}").exists():
                pathlib.Path(tmp, f"copy{end}").write_bytes((out / f"batch.db{end}").read_bytes())
        try:
            db = sqlite3.connect(f"{tmp}/copy")
            return {(k, when) for k, when in db.execute("SELECT key, rowid FROM result")}
        except sqlite3.Error:
            return set()


def judged(path):
    return [(x["id"], x["score"], [(t["id"], t["points"], t["verdict"]) for t in x["tests"]])
            for x in json.loads(path.read_text())["exercises"]]


def leavings():
    """Whose grader has gone. Those of other graders, at work beside this, have their parents."""
    found = []
    for p in (p for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()):
        try:
            name, rest = (p / "stat").read_text().split("(", 1)[1].rsplit(") ", 1)
            if name in ("lockstep-init", "bwrap", "program") and rest.split()[1] == "1":
                found.append(p.name)
        except (OSError, ValueError):
            pass
    return found


def main():
    a = argparse.ArgumentParser()
    a.add_argument("class_")
    a.add_argument("--kills", type=int, default=20)
    a.add_argument("--exercises", default="")
    a.add_argument("--seed", type=int, default=7)
    a.add_argument("--lockstep", default=str(TOP / "build/lockstep"))
    args = a.parse_args()
    rng = random.Random(args.seed)
    bad = 0

    def check(name, ok, detail=""):
        nonlocal bad
        bad += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {name}{': ' + detail if detail else ''}", flush=True)

    with tempfile.TemporaryDirectory(prefix="lockstep-crash-") as tmp:
        os.chmod(tmp, 0o711)
        tmp = pathlib.Path(tmp)
        whole, out = tmp / "whole", tmp / "out"
        common = ["--secret", str(tmp / "secret")]
        first = [args.lockstep, "batch", args.class_, *common]
        if args.exercises:
            first += ["--exercises", args.exercises]
        began = time.monotonic()
        p = subprocess.run([*first, "-o", str(whole)], capture_output=True, text=True, check=False)
        took = time.monotonic() - began
        check("undisturbed", p.returncode == 0, f"{took:.1f} s")
        seen, kills, lost = {}, 0, 0
        while kills < args.kills:
            resume = (out / "batch.db").exists() and seen
            argv = [args.lockstep, "batch", "--resume", "-o", str(out)] if resume else \
                [*first, "-o", str(out)]
            p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
            try:
                p.wait(rng.uniform(0.05, 1.6 * took / args.kills + 3))
                break  # it was ready before its time: nothing is left to kill
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()
            kills += 1
            now = dict(results(out))
            lost += any(now.get(k) != row for k, row in seen.items())
            seen = now
        p = subprocess.run([args.lockstep, "batch", "--resume", "-o", str(out)] if seen else
                           [*first, "-o", str(out)], capture_output=True, text=True, check=False)
        check(f"resumed after {kills} kills", p.returncode == 0, p.stderr.strip()[-200:])
        check("nothing lost, nothing graded twice", lost == 0)
        same = (whole / "gradebook.csv").read_bytes() == (out / "gradebook.csv").read_bytes()
        check("the same gradebook, byte for byte", same)
        # evidence may differ where a program's own outcome is luck: garbage it prints, where its
        # spinning threads were looked at (report/FORMAT.md)
        differ = [str(f.parent.name) for f in whole.glob("students/*/result.json")
                  if judged(f) != judged(out / f.relative_to(whole))]
        check("the same points and verdicts a test", not differ, ", ".join(differ[:5]))
        for _ in range(100):
            left = leavings()
            if not left:
                break
            time.sleep(0.05)
        check("no process is left", not left, " ".join(left))
    print(f"{kills} kills")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
