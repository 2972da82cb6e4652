#!/usr/bin/env python3
"""class.py - a class beside the same submissions graded one by one, and beside nothing to do.

    class.py [UNITS]      run by `make bench`; 60 distinct units by default

Prints processor time of `batch` beside the sum of `grade --oracle` of each unit, how busy the
cores were while it graded, the grader's own peak memory, and how long the second run takes.
Grades are compared with what the fixtures state; a wrong one ends the bench.
"""
import csv
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
LOCKSTEP = str(TOP / "build/lockstep")


def cpu():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def run(argv, **more):
    began, before = time.monotonic(), cpu()
    p = subprocess.run(argv, capture_output=True, text=True, check=False, **more)
    return p, time.monotonic() - began, cpu() - before


def peak_kib(argv):
    """The grader's own memory: of its process and its workers, not of what they run."""
    most, p = 0, subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while p.poll() is None:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{pid}/exe") == os.path.realpath(LOCKSTEP):
                    text = pathlib.Path(f"/proc/{pid}/status").read_text()
                    most = max(most, int(re.search(r"VmHWM:\s+(\d+)", text)[1]))
            except (OSError, TypeError):
                pass
        time.sleep(0.02)
    return most, p.returncode


def main():
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    exercises = sorted(d.name for d in (TOP / "exercises").iterdir())
    students = max(1, round(units / len(exercises)))
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="lockstep-class-") as tmp:
        os.chmod(tmp, 0o711)
        tmp = pathlib.Path(tmp)
        subprocess.run(["/usr/bin/python3", str(TOP / "grader/tests/make_class.py"), str(tmp / "made"),
                        "--students", str(students), "--distinct"], check=True)
        secret = ["--secret", str(tmp / "secret")]
        batch = [LOCKSTEP, "batch", str(tmp / "made/class"), "-o", str(tmp / "out"), *secret]
        p, took, spent = run(batch)
        if p.returncode != 0:
            sys.exit(f"class: batch: exit {p.returncode}: {p.stderr[-500:]}")
        same, _, _ = run(["/usr/bin/python3", str(TOP / "grader/tests/same_grades.py"),
                          str(tmp / "made/expected.csv"), str(tmp / "out/gradebook.csv")])
        print(same.stdout.strip().split("\n")[-1])
        if same.returncode != 0:
            sys.exit(same.stdout)
        grading = float(re.search(r"graded now in ([0-9.]+) s", p.stdout)[1])
        singly = 0.0
        for row in csv.reader(open(tmp / "made/expected.csv", newline="", encoding="utf-8")):
            if row[0] == "student":
                continue
            folder = tmp / "made/class" / row[0]
            _, _, one = run([LOCKSTEP, "grade", *exercises, "--submission", str(folder), "--oracle",
                             *secret], env=dict(os.environ, XDG_STATE_HOME=str(tmp)))
            singly += one
        print(f"\n{'':26} {'CPU s':>8}\n{'graded one by one':26} {singly:8.1f}\n"
              f"{'batch, canaries included':26} {spent:8.1f} {spent / singly:7.2f}x")
        print(f"\nbatch: {took:.1f} s elapsed, {grading:.1f} s of them grading; cores busy "
              f"{100 * spent / took / cores:.0f} % of all of it ({cores} cores)")
        _, again, _ = run(batch)
        print(f"again, all from the store: {again:.2f} s")
        shutil.rmtree(tmp / "out" / "students")
        most, status = peak_kib(batch)
        print(f"peak memory of the grader's processes, reports written anew: {most / 1024:.1f} MiB "
              f"(exit {status})")


if __name__ == "__main__":
    main()
