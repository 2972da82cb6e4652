#!/usr/bin/env python3
"""sandbox.py - what confinement costs: a launch, and the grading of whole submissions.

    sandbox.py [ROUNDS]      run by `make bench`; ROUNDS default 5

Grades reference solutions in the full tier and in tier none in turn, and compares medians of
elapsed and of processor time. Everything else is the same.
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
EXERCISES = ["1", "3", "8", "13"]


def once(exercise, tier, state):
    env = dict(os.environ, LOCKSTEP_TIER=tier, XDG_STATE_HOME=state)
    before = os.times()
    began = time.monotonic()
    p = subprocess.run([str(TOP / "build/lockstep"), "grade", exercise, "--submission",
                        str(TOP / "solutions")], env=env, stdout=subprocess.DEVNULL, check=False)
    took = time.monotonic() - began
    after = os.times()
    if p.returncode != 0:
        sys.exit(f"sandbox: exercise {exercise} in tier {tier}: exit {p.returncode}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return took, cpu


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("\nA launch of a program that does nothing\n", flush=True)
    subprocess.run([str(TOP / "build/plain/launch")], check=True)
    print(f"\nGrading reference solutions, medians of {rounds}, full tier beside none\n")
    print("exercise      none s   full s   ratio     none CPU s   full CPU s   ratio")
    total = {"none": 0.0, "full": 0.0}
    with tempfile.TemporaryDirectory() as state:
        for x in EXERCISES:
            runs = {"none": [], "full": []}
            for _ in range(rounds):
                for tier in runs:
                    runs[tier].append(once(x, tier, state))
            wall = {t: statistics.median(r[0] for r in runs[t]) for t in runs}
            cpu = {t: statistics.median(r[1] for r in runs[t]) for t in runs}
            for t in total:
                total[t] += wall[t]
            print(f"{x:10} {wall['none']:9.2f} {wall['full']:8.2f} {wall['full'] / wall['none']:6.2f}x"
                  f" {cpu['none']:14.2f} {cpu['full']:12.2f} {cpu['full'] / cpu['none']:6.2f}x",
                  flush=True)
    print(f"{'together':10} {total['none']:9.2f} {total['full']:8.2f}"
          f" {total['full'] / total['none']:6.2f}x")


if __name__ == "__main__":
    main()
