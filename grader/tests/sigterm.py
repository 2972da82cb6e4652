#!/usr/bin/env python3
"""sigterm.py - SIGTERM at random moments of grade and batch, and Ctrl-C while a sandbox is being made:
ended within two seconds, nothing left.

    sigterm.py [COUNT [SEED]]      default 50, a third of them batch, a third Ctrl-C. TAP.

The bound on time is the promise itself (ended by a platform, results must be written by then); the
moment is drawn from the seed, from a run's beginning to behind its usual end. Left means: a process of
ours, a folder in /tmp, a file in /dev/shm, a control group.
"""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
LOCKSTEP = os.environ.get("LOCKSTEP", str(TOP / "build/lockstep"))
WITHIN = 2.0


def groups():
    """Of graders that are gone: lockstep-PID-N."""
    return {d for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/memory") for d, _, _ in os.walk(root)
            if os.path.basename(d).startswith("lockstep-")
            and not os.path.exists("/proc/" + os.path.basename(d).split("-")[1])}


def processes(sid):
    """Those of the session: ours and all that they started."""
    found = []
    for p in pathlib.Path("/proc").iterdir():
        if p.name.isdigit():
            try:
                stat = (p / "stat").read_text()
            except OSError:
                continue
            if int(stat.rsplit(")", 1)[1].split()[3]) == sid:
                found.append(stat.split(" ")[1])
    return found


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return f.read().split()
    except OSError:
        return []


def until_made(p, skip):
    """Until bubblewrap has made its child, which then waits for it; the first `skip` are let go by."""
    seen = set()
    while p.poll() is None and len(seen) <= skip:
        for bubblewrap in children(p.pid):
            seen.update(children(bubblewrap))


def once(argv, after, work):
    """`after`: seconds until SIGTERM; or how many sandboxes are made before Ctrl-C."""
    env = dict(os.environ, TMPDIR=str(work), XDG_STATE_HOME=str(work / "state"))
    before = groups(), set(os.listdir("/dev/shm")) # another grader's may come and go
    p = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, start_new_session=True)
    try:
        if isinstance(after, int):
            until_made(p, after)
        else:
            p.wait(after)
    except subprocess.TimeoutExpired:
        pass
    began = time.monotonic()
    if p.poll() is None and isinstance(after, int):
        os.killpg(p.pid, signal.SIGINT) # as a terminal does
    elif p.poll() is None:
        p.send_signal(signal.SIGTERM)
    try:
        said = p.communicate(timeout=30)[1].decode(errors="replace")
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        return "did not end within 30 s"
    took = time.monotonic() - began
    left = [f for f in os.listdir(work) if f.startswith("lockstep-")]
    if took > WITHIN:
        return f"took {took:.1f} s to end"
    if p.returncode not in (0, 1, 130):
        return f"exit status {p.returncode}: {said[-300:]}"
    if left:
        return f"left in TMPDIR: {left}"
    if processes(p.pid):
        return f"left running: {processes(p.pid)}"
    if set(os.listdir("/dev/shm")) - before[1]:
        return f"left in /dev/shm: {set(os.listdir('/dev/shm')) - before[1]}"
    if groups() - before[0]:
        return f"left groups: {groups() - before[0]}"
    return None


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="sigterm-") as d:
        d = pathlib.Path(d)
        os.chmod(d, 0o711)
        secret = d / "secret"
        secret.write_text("0123456789abcdef0123456789abcdef\n")
        for n in range(1, count + 1):
            work = d / f"{n}"
            work.mkdir(mode=0o711)
            os.chmod(work, 0o711)
            student = rng.choice(["student-1", "student-2", "student-3"])
            if n % 3:
                argv = [LOCKSTEP, "grade", rng.choice(["1", "8", "13"]), "--submission",
                        str(TOP / "fixtures/class" / student), "--oracle", "--secret", str(secret)]
            else:
                argv = [LOCKSTEP, "batch", str(TOP / "fixtures/class"), "--exercises", "1,8,13", "-o", str(work / "out"),
                        "--secret", str(secret)]
            after = rng.randrange(30) if n % 3 == 1 else rng.uniform(0, 6)
            why = once(argv, after, work)
            bad += why is not None
            print(f"{'not ok' if why else 'ok'} {n} - {argv[1]} after {after:.2f} {'sandboxes' if isinstance(after, int) else 's'}" + (f"\n#   {why}" if why else ""), flush=True)
            shutil.rmtree(work, ignore_errors=True)
    print(f"1..{count}")
    return 1 if bad else 0


sys.exit(main())
