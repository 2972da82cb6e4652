#!/usr/bin/env python3
"""mutants.py - take one protection away at a time: at least one hostile submission must notice.

    mutants.py        with build/mutants/lockstep, which `make mutants` builds: the only build in
                      which LOCKSTEP_WITHOUT means anything

That the same attacks are stopped with nothing taken away is hostile.py's to show.

A protection whose absence nothing notices is either not needed or not tested.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
LOCKSTEP = str(TOP / "build/mutants/lockstep")

# protection, tier, the attacks that are to notice, what it is
MUTANTS = [
    ("pid-1", "full", ["b03"], "our own non-dumpable pid 1"),
    ("read-only-proc", "full", ["a11"], "/proc mounted read-only"),
    ("seccomp", "full", ["e13", "e14", "e15"], "the system call filter"),
    # either of the two holds a burst of threads
    ("nproc,cgroup", "full", ["e20"], "RLIMIT_NPROC, the group's tasks"),
    ("tmpfs-size", "full", ["e04", "e05"], "sizes of /tmp and /dev/shm"),
    ("cgroup", "full", ["e21"], "the control group"),
    ("screen", "full", ["a05", "a13", "c11"], "the static screen"),
    ("silence", "full", ["g13"], "a test that was not explored does not pass"),
    ("stream", "full", ["a22", "a26"], "where the end of a test is said from"),
    # under the explorer either of the two stops it; natively 80-hostile.t (a34, without an oracle)
    ("trail,returns", "full", ["g14"], "by which assertions a test has come, or the way back"),
    ("returns", "full", ["g14", "g19", "g21", "g22"], "the suite is come back to by returning"),
    ("noexec", "full", ["g20"], "no data becomes code"),
    ("enough", "full", ["g17", "g18"], "what explored too little does not pass"),
    ("blind", "full", ["g15"], "the program has no symbols"),
    ("uid-drop", "full", ["a20", "a21"], "a user id of its own (as root)"),
    ("landlock", "fallback", ["b01", "b02", "e12"], "Landlock"),
    ("seccomp", "fallback", ["b09", "e13"], "the filter of the fallback tier"),
]


def hostile(tier, patterns, without):
    argv = [sys.executable, str(TOP / "grader/tests/hostile.py"), "--lockstep", LOCKSTEP, "--tier",
            tier] + [f"^{p}" for p in patterns]
    if without:
        argv += ["--without", without]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def programs(others=()):
    """Programs under test, but for those that somebody else had running before."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if int(pid) not in others and \
                    pathlib.Path(f"/proc/{pid}/comm").read_text() == "program\n":
                found.append(int(pid))
        except OSError:
            pass
    return found


def outlives_the_grader(without):
    """Kills the grader while a submission computes; does that go on?"""
    others = set(programs())
    with tempfile.TemporaryDirectory(prefix="lockstep-mutants-") as tmp:
        os.chmod(tmp, 0o711)
        source = TOP / "fixtures/hostile/e08-endless-loop.c"
        pathlib.Path(tmp, "event.c").write_bytes(source.read_bytes())
        env = dict(os.environ, TMPDIR="/var/tmp", XDG_STATE_HOME=tmp, LOCKSTEP_WITHOUT=without)
        p = subprocess.Popen([LOCKSTEP, "grade", "8", "--submission", tmp], env=env,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not programs(others) and p.poll() is None:
            time.sleep(0.01)
        p.send_signal(signal.SIGKILL)
        p.wait()
    for _ in range(100):  # it goes within milliseconds, or not at all
        if not programs(others):
            return False
        time.sleep(0.02)
    for pid in programs(others):
        os.kill(pid, signal.SIGKILL)
    return True


def main():
    unnoticed = 0
    print("protection taken away               tier      noticed by")
    for name, tier, attacks, what in MUTANTS:
        if name == "uid-drop" and os.geteuid() != 0:
            continue
        r = hostile(tier, attacks, name)
        by = [line.split()[0] for line in r.stdout.split("\n")
              if "FAILED" in line or "not stopped" in line or line.startswith("reached")]
        by += ["the host"] if "ran as root" in r.stdout else []
        unnoticed += r.returncode == 0
        print(f"{what:35} {tier:9} {', '.join(by) if r.returncode else 'NOBODY'}", flush=True)
    if outlives_the_grader(""):
        sys.exit("mutants: a submission outlives its grader with nothing taken away")
    noticed = outlives_the_grader("die-with-parent")
    unnoticed += not noticed
    what = "the end when the grader dies"
    print(f"{what:35} {'full':9} {'the host' if noticed else 'NOBODY'}")
    print(f"\n{len(MUTANTS) + 1 - unnoticed} of {len(MUTANTS) + 1} noticed")
    sys.exit(1 if unnoticed else 0)


if __name__ == "__main__":
    main()
