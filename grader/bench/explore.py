#!/usr/bin/env python3
"""explore.py - the explorer's figures: schedules to the first bug, speed, memory, and what others
find on the same kernels in the same run. Called by `make bench`; prints tables, keeps nothing.

Not a test: what must hold is tested in grader/tests. Times are processor seconds unless said
otherwise; medians of RUNS runs (environment, default 3).
"""
import glob
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUNTIME = os.path.join(TOP, "build/plain/runtime")
KERNELS = os.path.join(TOP, "grader/bench/kernels")
SEEDS = int(os.environ.get("SEEDS", "20"))
RUNS = int(os.environ.get("RUNS", "3"))
FLAGS = ("-std=gnu11 -D_GNU_SOURCE= -O0 -g -pthread -w -fno-omit-frame-pointer "
         "-fno-optimize-sibling-calls -fno-builtin-memcpy -fno-builtin-memset "
         "-fno-builtin-memmove").split()

# Best published mean or median of schedules to the first failure; see the guides' table
# (ICSE 2022, ASPLOS 2024 and 2025 artifacts). A range over N is given by its best end.
PUBLISHED = {
    "account": (1, "RFF"), "bluetooth": (9, "PERIOD"), "carter": (1, "random"),
    "circular_buffer": (2, "RFF"), "deadlock": (2, "SURW"), "lazy": (1, "Maple"),
    "queue": (1, "RFF"), "reorder_3": (6, "PERIOD"), "reorder_5": (6, "PERIOD"),
    "reorder_10": (6, "RFF"), "reorder_20": (7, "RFF"), "reorder_50": (7, "RFF"),
    "reorder_100": (7, "RFF"), "stack": (2, "PERIOD"), "token_ring": (4, "PERIOD"),
    "two_stage_2": (3, "PERIOD"), "two_stage_5": (3, "PERIOD"), "two_stage_10": (6, "SURW"),
    "two_stage_20": (8, "RFF"), "two_stage_50": (8, "RFF"), "two_stage_100": (56, "RFF"),
    "wrong_lock_1": (1, "RFF"), "wrong_lock_3": (1, "RFF"), "wsq_locked": (1, "RFF"),
    "wsq_interlocked": (1, "RFF"), "wsq_state": (1, "RFF"), "wsq_split": (1, "RFF"),
    "bounded_buffer": (5, "POS"), "string_buffer": (8, "SURW"),
}


def run(argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, **more)


def cpu():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def build(folder, name, twin):
    """The explorer's program, and those of the others."""
    source = os.path.join(KERNELS, name + ".c")
    define = ["-DCORRECT"] if twin else []
    base = os.path.join(folder, name + (".ok" if twin else ".bad"))
    subprocess.check_call(["gcc", *FLAGS, "-fsanitize=thread", "--param=tsan-distinguish-volatile=1",
                           "-Wno-tsan", *define, "-c", source,
                           "-o", base + ".o"])
    subprocess.check_call(["objcopy", f"--redefine-syms={RUNTIME}/redirect.syms",
                           "--redefine-sym", "main=ls_x_main", base + ".o"])
    subprocess.check_call(["gcc", "-pthread", "-Wl,-z,now", "-o", base, base + ".o",
                           "-Wl,--whole-archive", RUNTIME + "/liblockstep_explore.a",
                           "-Wl,--no-whole-archive", "-lm"])
    subprocess.check_call(["gcc", *FLAGS, *define, source, "-o", base + ".native"])
    subprocess.check_call(["gcc", *FLAGS, "-fsanitize=thread", "-Wno-tsan", *define, source, "-o",
                           base + ".tsan"])
    return base


def explore(program, *options):
    p = run([program, *options])
    lines = [json.loads(line) for line in p.stdout.splitlines()]
    if p.returncode not in (0, 1):
        sys.exit(f"{program}: {p.stderr}")
    return [d for d in lines if "bug" in d and not d["advice"]], lines[-1]


def first_failures(program, budget):
    """Schedules to the first failure of its own, and to the first race, one a seed."""
    own, races = [], []
    for seed in range(1, SEEDS + 1):
        bugs, _ = explore(program, "--schedules", str(budget), "--seed", str(seed), "--after", "0")
        own.append(min((b["schedule"] for b in bugs if b["bug"] != "data-race"), default=None))
        races.append(min((b["schedule"] for b in bugs if b["bug"] == "data-race"), default=None))
    return own, races


def geometric(values):
    return math.exp(statistics.fmean(math.log(v) for v in values))


def table_of_kernels(programs):
    print(f"Schedules to the first failure (assertion, deadlock, crash), {SEEDS} seeds, default "
          "strategy;\nthe race of a racy kernel in a column of its own\n")
    print("kernel            found  geo.mean  mean  worst   race at   best published    twin")
    means, accused, behind = [], 0, []
    for name, (bad, good) in programs.items():
        budget = 10000 if name.endswith("_100") else 2000
        own, races = first_failures(bad, budget)
        hits = [v for v in own if v]
        values = [v or budget for v in own]
        wrong = 0
        for seed in range(1, SEEDS + 1):
            wrong += bool(explore(good, "--schedules", "300", "--seed", str(seed))[0])
        accused += wrong
        means.append(geometric(values))
        race = [v for v in races if v]
        best = PUBLISHED.get(name)
        mean = statistics.fmean(values)
        if best and mean > 2 * best[0]:
            behind.append(f"{name} ({mean:.1f} against {best[0]} of {best[1]})")
        print(f"{name:17} {len(hits):2}/{SEEDS} {means[-1]:9.1f} {mean:6.1f} {max(values):5}   "
              f"{statistics.median(race) if race else '-':>7}   "
              f"{f'{best[0]} ({best[1]})' if best else '-':>14}    "
              f"{'cleared' if not wrong else 'ACCUSED'}")
    print(f"\ngeometric mean over all kernels: {geometric(means):.2f}; twins accused: {accused}")
    print("more than twice the best published figure: " + ("; ".join(behind) or "none"))


def bare_loop(folder):
    source = os.path.join(TOP, "grader/bench/bare.c")
    program = os.path.join(folder, "bare")
    subprocess.check_call(["gcc", "-O2", "-pthread", source, "-o", program])
    return program


def speed(programs, folder):
    """Elapsed time: the bare loop waits for its children, and so would a user."""
    bare = bare_loop(folder)
    print("\nSchedules a second, beside a bare loop of fork + the same threads + exit + wait")
    print("\nkernel (correct)   threads   bare/s   in process/s  ratio   forking/s  ratio   "
          "steps/s    KiB a task")
    for name, threads in (("deadlock", 2), ("philosophers_5", 5), ("two_stage_20", 20),
                          ("two_stage_100", 100)):
        good = programs[name][1]
        n = 4000 if threads < 50 else 400
        rates = {"bare": [], "": [], "--fork": []}
        steps = 0
        for _ in range(RUNS):
            rates["bare"].append(float(run([bare, str(n // 4), str(threads)]).stdout))
            for how in ("", "--fork"):
                began = time.monotonic()
                # random: each schedule is a new one, so that both ways do the same
                _, end = explore(good, "--strategy", "random", "--schedules", str(n),
                                 *([how] if how else []))
                took = time.monotonic() - began
                rates[how].append(end["schedules"] / took)
                if not how:
                    steps = end["steps"] / took
        b, i, f = (statistics.median(rates[k]) for k in ("bare", "", "--fork"))
        before = run(["/usr/bin/env", "bash", "-c",
                      f"/usr/bin/time -f %M {good} --schedules 50 2>&1 >/dev/null | tail -1"])
        few = int(before.stdout or 0)
        print(f"{name:18} {threads:5}   {b:8.0f} {i:12.0f} {i / b:8.1f}x {f:9.0f} {f / b:7.1f}x "
              f"{steps:10.0f}  {few / (threads + 1):9.0f}")


def others(programs):
    """How many kernels each way shows anything of, and what it costs."""
    print("\nThe same kernels, other ways: kernels of which anything was found, and per CPU second\n")
    print("way                         found   CPU s   found per CPU s")

    def tsan(program, repeats):
        for _ in range(repeats):
            p = run([program + ".tsan"], timeout=10,
                    env={**os.environ, "TSAN_OPTIONS": "exitcode=66:report_bugs=1"})
            if p.returncode != 0:
                return True
        return False

    def native(program, repeats):
        for _ in range(repeats):
            if run([program + ".native"], timeout=10).returncode != 0:
                return True
        return False

    def helgrind(program):
        return run(["valgrind", "--tool=helgrind", "--error-exitcode=9", "-q",
                    program + ".native"], timeout=60).returncode != 0

    ways = {
        "lockstep, default": lambda p: bool(explore(p, "--schedules", "2000", "--after", "0")[0]),
        "native, 200 runs": lambda p: native(p, 200),
        "gcc TSan, 20 runs": lambda p: tsan(p, 20),
        "gcc TSan, 200 runs": lambda p: tsan(p, 200),
        "Helgrind, 1 run": helgrind,
    }
    for label, way in ways.items():
        began, found = cpu(), 0
        for bad, _ in programs.values():
            try:
                found += way(bad)
            except subprocess.TimeoutExpired:
                found += 1  # it hangs: somebody would notice
        spent = cpu() - began
        print(f"{label:26} {found:3}/{len(programs)} {spent:8.1f} {found / spent:12.2f}")


def main():
    names = sorted(os.path.basename(p)[:-2] for p in glob.glob(KERNELS + "/*.c"))
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as folder:
        programs = {n: (build(folder, n, False), build(folder, n, True)) for n in names}
        table_of_kernels(programs)
        speed(programs, folder)
        others(programs)


main()
