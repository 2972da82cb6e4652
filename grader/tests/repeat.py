#!/usr/bin/env python3
"""repeat.py - the explore mode again and again under load: the same findings every time?

Part of `make soak`. For every known submission of the explored exercises: the tests its head names
(for right ones all that are explored), REPEATS times (default 20), with more running at once than
there are cores. A right one must never be told anything; of a wrong one each repeat must say the
same, and one that the head calls data-race, deadlock, ... must be told just that whenever the
explorer has found it once. Nine of them (SAMPLE) run LONG times (default 100).
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUNTIME = os.path.join(TOP, "build/plain/runtime")
REPEATS = int(os.environ.get("REPEATS", "20"))
LONG = int(os.environ.get("LONG", "100"))
SAMPLE = {"08-event/reference", "08-event/pass-waiter-queue", "08-event/no-loop",
          "08-event/signal-for-broadcast", "08-event/set-unlocked", "09-lock/reference",
          "09-lock/balance-unlocked", "05-thread/address-of-i", "06-thread-attributes/list-unlocked"}
FLAGS = ("-std=gnu11 -D_GNU_SOURCE= -O0 -g -pthread -w -fsanitize=thread --param=tsan-distinguish-volatile=1 -Wno-tsan "
         "-fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-builtin-memcpy "
         "-fno-builtin-memset -fno-builtin-memmove -fno-builtin-memcmp -fno-builtin-strlen "
         "-fno-builtin-strcpy -fno-builtin-strcmp -fno-builtin-strchr -fno-builtin-sprintf "
         "-fno-builtin-snprintf").split()


# Outside of the grader's namespaces their runs would meet under one name or port: one at a time.
ALONE = {"03-channels/queue-left-behind", "12-network/fixed-port", "01-shared-value/left-in-dev-shm"}


def explored(exercise):
    """The ids of the tests whose rubric asks for the mode, and the contract's functions."""
    text = open(f"{TOP}/exercises/{exercise}/exercise.yml", encoding="utf-8").read()
    tests = re.split(r"^  - id: ", text, flags=re.M)[1:]
    api = re.search(r"^api: \[([^\]]*)\]", text, flags=re.M).group(1).replace("\n", " ")
    return ([t.split()[0] for t in tests if re.search(r"modes: \[[^\]]*explore", t)],
            [n.strip() for n in api.split(",")])


def build(folder, exercise, name, source, api):
    base = os.path.join(folder, exercise + "." + name)
    c = exercise[3:].replace("-", "_")
    header = f"{TOP}/exercises/{exercise}"
    for part, path in (("s", source), ("t", f"{header}/check_{c}.c")):
        subprocess.check_call(["gcc", *FLAGS, "-iquote", header, "-I", RUNTIME, "-c", path, "-o",
                               f"{base}.{part}.o"])
        subprocess.check_call(["objcopy", f"--redefine-syms={RUNTIME}/redirect.syms",
                               f"{base}.{part}.o"])
    subprocess.check_call(["objcopy", *[f"--keep-global-symbol={n}" for n in api], base + ".s.o"])
    subprocess.check_call(["gcc", "-pthread", "-Wl,-z,now", "-o", base, base + ".s.o",
                           base + ".t.o", "-Wl,--whole-archive",
                           RUNTIME + "/liblockstep_suite.a",
                           "-Wl,--no-whole-archive", "-Wl,--wrap=_mark_point", "-lcheck_pic",
                           "-lsubunit", "-lrt", "-lm"], stderr=subprocess.DEVNULL)
    return base


def once(job):
    program, test = job
    p = subprocess.run([program, "--test", test, "--schedules", "400", "--fork"],
                       capture_output=True, text=True)
    if p.returncode not in (0, 1):
        return "BROKEN " + p.stderr.strip()[:200]
    found = [json.loads(line) for line in p.stdout.splitlines()]
    return " ".join(sorted({d["bug"] for d in found if "bug" in d and not d["advice"]})) or "none"


def submissions():
    for exercise in sorted(os.listdir(TOP + "/exercises")):
        tests, api = explored(exercise)
        if not tests:
            continue
        c = exercise[3:].replace("-", "_")
        yield exercise, "reference", f"{TOP}/solutions/{exercise}/{c}.c", tests, api
        for path in sorted(glob.glob(f"{TOP}/fixtures/{exercise}/*.c")):
            head = open(path, encoding="utf-8").read()
            named = re.findall(r"^// expect: (\S+)", head, flags=re.M)
            wanted = tests if not named or "*" in named else [t for t in tests if t in named]
            yield exercise, os.path.basename(path)[:-2], path, wanted, api


def main():
    bad = runs = right = 0
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="lockstep-repeat-") as folder, \
            ThreadPoolExecutor(max_workers=6) as pool:
        for exercise, name, source, tests, api in submissions():
            full = f"{exercise}/{name}"
            if only and full not in only and exercise not in only:
                continue
            program = build(folder, exercise, name, source, api)
            n = LONG if full in SAMPLE else REPEATS
            correct = name == "reference" or name.startswith("pass-")
            for test in tests:
                jobs = [(program, test)] * n
                seen = Counter(map(once, jobs) if full in ALONE else pool.map(once, jobs))
                runs += n
                if len(seen) > 1 or "BROKEN" in str(seen) or (correct and set(seen) != {"none"}):
                    bad += 1
                    print(f"{full} {test}: {dict(seen)}", flush=True)
                else:
                    right += n
            os.unlink(program)
    print(f"the same findings in {right} of {runs} runs; nothing said of a right one"
          if not bad else f"{bad} tests are not steady")
    sys.exit(1 if bad else 0)


main()
