#!/usr/bin/env python3
"""scale.py - what a course of many submissions needs, from figures measured on one machine.

    scale.py OUT [--submissions N] [--cores C] [--window HOURS] [--same SHARE]

OUT is a finished batch (its batch.db): each distinct unit's processor and elapsed seconds, by
exercise, and the bytes it takes. Without further options prints the table of grader/SCALE.md for
100, 10,000 and 1,000,000 submissions; with them simulates one queue.

The simulation: submissions arrive over a window, half of them in its last tenth (deadlines); a share
of them is the same as an earlier one and costs a look-up; each other one draws a unit from those
measured, keeps the first free core busy for its processor seconds and is ready after its elapsed
ones (a grading sleeps for a part of its time, and others use the core meanwhile). Prints how long
the last and the median one waits. Not a model of Slurm: that adds its own latency, which
bench/engines.sh measures.
"""
import argparse
import heapq
import json
import pathlib
import random
import sqlite3
import statistics
import sys

LOOK_UP_S = 0.004
LINES_B = 400  # a unit's lines in the lists of a share, written once and read once


def measured(out):
    db = sqlite3.connect(f"file:{out / 'batch.db'}?mode=ro", uri=True)
    cpu, wall, size = [], [], []
    for text, length in db.execute("SELECT timing, length(result) + length(timing) FROM result"):
        stages = [s for x in json.loads(text)["exercises"].values() for s in x.values()]
        cpu.append(sum(s["cpu_s"] for s in stages))
        wall.append(sum(s["wall_s"] for s in stages))
        size.append(length)
    source = [n for (n,) in db.execute("SELECT length(text) FROM source WHERE text IS NOT NULL")]
    reports = [sum(f.stat().st_size for f in d.iterdir()) for d in (out / "students").iterdir()]
    units = db.execute("SELECT count(*) FROM unit").fetchone()[0]
    return {"cpu": cpu, "wall": wall, "size": statistics.mean(size), "source": statistics.mean(source),
            "reports": sum(reports) / max(units, 1)}


def arrivals(n, window_s, rng):
    calm, rush = 0.9 * window_s, 0.1 * window_s
    return sorted(rng.random() * calm if rng.random() < 0.5 else calm + rng.random() * rush
                  for _ in range(n))


def simulate(m, n, cores, window_s, same, seed=1):
    """Seconds each submission waits for its result, sorted; and when the last one is done."""
    rng = random.Random(seed)
    free = [0.0] * cores
    units = list(zip(m["cpu"], m["wall"]))
    waits, last = [], 0.0
    for at in arrivals(n, window_s, rng):
        cpu, wall = (LOOK_UP_S, 0) if rng.random() < same else rng.choice(units)
        begin = max(at, heapq.heappop(free))
        heapq.heappush(free, begin + cpu)
        end = begin + max(cpu, wall)
        waits.append(end - at)
        last = max(last, end)
    waits.sort()
    return waits, last


def duration(s):
    return (f"{s:.0f} s" if s < 120 else f"{s / 60:.0f} min" if s < 7200 else
            f"{s / 3600:.1f} h" if s < 200000 else f"{s / 86400:.1f} days")


def size(b):
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if b < 1024 or unit == "TiB":
            return f"{b:.1f} {unit}"
        b /= 1024
    return ""


def row(m, n, cores, window_h, same):
    waits, last = simulate(m, n, cores, window_h * 3600, same)
    distinct = n * (1 - same)
    print(f"| {n:,} | {same:.0%} | {distinct * statistics.mean(m['cpu']) / 3600:,.1f} | {cores} | "
          f"{duration(waits[n // 2])} | {duration(waits[int(n * 0.95)])} | "
          f"{duration(max(0.0, last - window_h * 3600))} | "
          f"{size(distinct * (m['size'] + m['source']))} | {size(n * m['reports'])} | "
          f"{size(distinct * (m['source'] + m['size'] + LINES_B))} |")


def main():
    a = argparse.ArgumentParser()
    a.add_argument("out", type=pathlib.Path)
    a.add_argument("--submissions", type=int)
    a.add_argument("--cores", type=int, default=2)
    a.add_argument("--window", type=float, default=168, help="hours over which they arrive")
    a.add_argument("--same", type=float, default=0.3, help="share that is the same as an earlier one")
    o = a.parse_args()
    m = measured(o.out)
    cpu, wall = m["cpu"], m["wall"]
    print(f"measured: {len(cpu)} distinct units; processor seconds mean {statistics.mean(cpu):.2f}, median "
          f"{statistics.median(cpu):.2f}, most {max(cpu):.1f}; elapsed mean {statistics.mean(wall):.2f};\n"
          f"bytes a unit: source {m['source']:.0f}, result {m['size']:.0f}, reports {m['reports']:.0f}\n")
    print("| submissions | the same | CPU hours | cores | median wait | 95 % wait | after the deadline | "
          "database | reports | shared-folder traffic |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    if o.submissions:
        row(m, o.submissions, o.cores, o.window, o.same)
        return
    for n, cores in ((100, 2), (10_000, 2), (10_000, 8), (10_000, 64), (1_000_000, 64),
                     (1_000_000, 512)):
        row(m, n, cores, o.window, o.same)


if __name__ == "__main__":
    sys.exit(main())
