#!/usr/bin/env python3
"""tokens.py - a thousand tokens from failing runs, each replayed: the same failure every time?

Part of `make soak`. Tokens come from the kernels of grader/bench/kernels, over as many seeds as
it takes; TOKENS says how many (default 1000). Replays run with a load of their own beside them.
Prints "replayed N of N"; exit status 1 if one differs.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUNTIME = os.path.join(TOP, "build/plain/runtime")
WANTED = int(os.environ.get("TOKENS", "1000"))
FLAGS = ("-std=gnu11 -D_GNU_SOURCE= -O0 -g -pthread -w -fsanitize=thread --param=tsan-distinguish-volatile=1 -Wno-tsan "
         "-fno-omit-frame-pointer -fno-optimize-sibling-calls").split()
# Runs of these at the same time would meet under one name.
SHARED_NAMES = {"fifos_crossed.c", "two_semaphores.c", "queues_full.c"}


def build(folder, source):
    base = os.path.join(folder, os.path.basename(source)[:-2])
    subprocess.check_call(["gcc", *FLAGS, "-c", source, "-o", base + ".o"])
    subprocess.check_call(["objcopy", f"--redefine-syms={RUNTIME}/redirect.syms", "--redefine-sym",
                           "main=ls_x_main", base + ".o"])
    subprocess.check_call(["gcc", "-pthread", "-Wl,-z,now", "-o", base, base + ".o",
                           "-Wl,--whole-archive", RUNTIME + "/liblockstep_explore.a",
                           "-Wl,--no-whole-archive", "-lm"])
    return base


def bugs(program, *options):
    p = subprocess.run([program, *options], capture_output=True, text=True)
    if p.returncode not in (0, 1):
        return []
    found = [json.loads(line) for line in p.stdout.splitlines()]
    return [(d["bug"], d["message"], d["token"]) for d in found if "bug" in d and not d["advice"]]


def collect(programs):
    tokens = []
    for seed in range(1, 1000):
        for program in programs:
            for verdict, message, token in bugs(program, "--seed", str(seed), "--after", "3",
                                                 "--fork"):
                tokens.append((program, verdict, message, token))
                if len(tokens) == WANTED:
                    return tokens
    return tokens


def replays(item):
    program, verdict, message, token = item
    return any((v, m) == (verdict, message) for v, m, _ in bugs(program, "--token", token))


def main():
    with tempfile.TemporaryDirectory(prefix="lockstep-tokens-") as folder:
        sources = sorted(glob.glob(TOP + "/grader/bench/kernels/*.c") +
                         glob.glob(TOP + "/grader/bench/processes/*.c"))
        programs = [build(folder, s) for s in sources if os.path.basename(s) not in SHARED_NAMES]
        tokens = collect(programs)
        with ThreadPoolExecutor(max_workers=6) as pool:  # more than there are cores
            results = list(pool.map(replays, tokens))
        for item, good in zip(tokens, results):
            if not good:
                print("differs:", os.path.basename(item[0]), *item[1:])
        different = len({(p, t) for p, _, _, t in tokens})
        print(f"replayed {sum(results)} of {len(tokens)} tokens the same ({different} different ones)")
        sys.exit(0 if all(results) and len(tokens) == WANTED else 1)


main()
