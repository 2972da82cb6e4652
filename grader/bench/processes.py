#!/usr/bin/env python3
"""processes.py - bugs of processes, signals and channels: found by Lockstep, by 200 native runs, by
Helgrind, by ThreadSanitizer with 200 runs, in one go. Called by `make bench`; prints a table,
keeps nothing.

Not a test: grader/tests/cli/70-kernels.t has the exact verdicts. A run that has not ended after
two seconds counts as a bug seen: somebody would notice.
"""
import glob
import os
import resource
import signal
import subprocess
import tempfile
import json

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KERNELS = os.path.join(TOP, "grader/bench/processes")
LOCKSTEP = os.path.join(TOP, "build/lockstep")
REPEATS = int(os.environ.get("REPEATS", "200"))
SEEDS = int(os.environ.get("SEEDS", "5"))


def cpu():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def clean():
    for path in glob.glob("/tmp/lockstep-fifo-*") + glob.glob("/tmp/lockstep-??????"):
        try:
            os.unlink(path)
        except OSError:
            pass  # a folder, or gone already


def shows(argv, limit, **more):
    """True when it fails, says something, or hangs; all its processes are gone afterwards."""
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True, **more)
    try:
        status = p.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        status = 1
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    p.wait()
    clean()
    return status != 0


def build(folder, name, twin, extra):
    program = os.path.join(folder, name + (".ok" if twin else ".bad") + ("".join(extra)[-6:]))
    subprocess.check_call(["gcc", "-std=gnu11", "-D_GNU_SOURCE=", "-O1", "-g", "-w", "-pthread", *extra,
                           *(["-DCORRECT"] if twin else []),
                           os.path.join(KERNELS, name + ".c"), "-o", program, "-lrt"])
    return program


def explored(name, twin, seed):
    """The first schedule that shows a bug, or None."""
    argv = [LOCKSTEP, "explore", "--json", "--seed", str(seed), "--schedules",
            "300" if twin else "1000"]
    if twin:
        argv.append("--cflags=-DCORRECT")
    p = subprocess.run([*argv, os.path.join(KERNELS, name + ".c")], capture_output=True, text=True,
                       stdin=subprocess.DEVNULL, check=False)
    if p.returncode == 3:
        raise SystemExit(f"{name}: {p.stderr}")
    found = [f["schedule"]["found_in"] for f in json.loads(p.stdout)["findings"]
             if not f["advice"]]
    return min(found) if found else None


def main():
    names = sorted(os.path.basename(p)[:-2] for p in glob.glob(KERNELS + "/*.c"))
    tsan = {**os.environ, "TSAN_OPTIONS": "exitcode=66"}
    totals = {"lockstep": 0, "native": 0, "helgrind": 0, "tsan": 0}
    spent = dict.fromkeys(totals, 0.0)
    accused = steady = 0
    print(f"\nBugs of processes, signals and channels: {len(names)} kernels\n")
    print(f"kernel                    Lockstep, {SEEDS} seeds (worst)   twin      "
          f"native x{REPEATS}   Helgrind   TSan x{REPEATS}")
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as folder:
        for name in names:
            began = cpu()
            firsts = [explored(name, False, seed) for seed in range(1, SEEDS + 1)]
            spent["lockstep"] += cpu() - began
            wrong = sum(explored(name, True, seed) is not None for seed in range(1, SEEDS + 1))
            plain = build(folder, name, False, [])
            checked = build(folder, name, False, ["-fsanitize=thread"])
            ways = {
                "native": lambda p=plain: any(shows([p], 2) for _ in range(REPEATS)),
                "helgrind": lambda p=plain: shows(
                    ["valgrind", "--tool=helgrind", "--trace-children=yes", "-q",
                     "--error-exitcode=9", p], 20),
                "tsan": lambda p=checked: any(shows([p], 2, env=tsan) for _ in range(REPEATS)),
            }
            seen = {}
            for way, look in ways.items():
                began = cpu()
                seen[way] = look()
                spent[way] += cpu() - began
                totals[way] += seen[way]
            hits = [f for f in firsts if f]
            totals["lockstep"] += bool(firsts[0])
            steady += len(hits) == SEEDS
            accused += wrong
            print(f"{name:25} {len(hits):3}/{SEEDS} ({max(hits) if hits else '-':>4})"
                  f"{'':17}{'cleared' if not wrong else 'ACCUSED':9} "
                  f"{'found' if seen['native'] else '-':>12} {'found' if seen['helgrind'] else '-':>10}"
                  f" {'found' if seen['tsan'] else '-':>10}")
    print(f"\nfound: Lockstep {totals['lockstep']}, native {totals['native']}, Helgrind "
          f"{totals['helgrind']}, TSan {totals['tsan']} of {len(names)}; in every seed {steady}; "
          f"twins accused {accused}")
    print(f"CPU s: Lockstep {spent['lockstep'] / SEEDS:.1f} (one seed, compilation included), native "
          f"{spent['native']:.1f}, Helgrind {spent['helgrind']:.1f}, TSan {spent['tsan']:.1f}")


main()
