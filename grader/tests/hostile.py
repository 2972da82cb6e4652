#!/usr/bin/env python3
"""hostile.py - every hostile submission gets its stated verdict, and the host is as it was.

    hostile.py [--tier full|fallback] [--without PROTECTION] [--lockstep PATH] [PATTERN...]

Grades each of fixtures/hostile as an instructor would (with the oracle), two at a time, with
servers listening that they must not reach. Prints one line an attack: verdict and the layer
that stopped it. Then looks at the host: processes, System V, /dev/shm, queues, files with
setuid, home folders, the grader's own tree. Exit 0 only if all was stopped and nothing changed;
nothing else may be graded on the machine meanwhile.

Not a place for expectations: those are in the fixtures.
"""
import argparse
import atexit
import concurrent.futures
import ctypes
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
PORT = 47111
QUEUE = "/lockstep-hostile"


def fixture(path):
    text = path.read_text(errors="replace")
    field = lambda name: (re.search(rf"^// {name}: (.*)$", text, re.M) or [None, ""])[1]
    return {
        "path": path,
        "name": path.stem,
        "exercise": field("exercise"),
        "expect": {m[0]: m[1] for m in re.findall(r"^// expect: (\S+) (\S+)", text, re.M)},
        "never": field("never").split(),
        "layer": field("stopped by") or "keeper",
        "cannot": field("not stopped in").split("(")[0].split(),
        "needs": field("needs"),
        "costly": "not tried" in field("not stopped in"),
    }


def grade(args, f):
    if f["needs"] and not args.groups:
        return f, None, f"not tried: needs {f['needs']}"
    if f["costly"] and args.tier in f["cannot"]:
        return f, None, "not tried: it would fill the host"
    with tempfile.TemporaryDirectory(prefix="lockstep-hostile-") as tmp:
        os.chmod(tmp, 0o711)
        slug = f["exercise"][3:].replace("-", "_")
        pathlib.Path(tmp, slug + ".c").write_bytes(f["path"].read_bytes())
        env = dict(os.environ, LOCKSTEP_TIER=args.tier, LOCKSTEP_HOSTILE_TOKEN="secret", CI="1",
                   XDG_STATE_HOME=tmp, TMPDIR=args.tmp)
        if args.without:
            env["LOCKSTEP_WITHOUT"] = args.without
        p = subprocess.run([args.lockstep, "grade", f["exercise"], "--submission", tmp, "--oracle",
                            "--format", "json"], capture_output=True, text=True, env=env,
                           stdin=subprocess.DEVNULL, check=False, errors="replace")
    try:
        unit = json.loads(p.stdout)
        unit = unit["exercises"][0]
        tests = unit["tests"]
    except (ValueError, KeyError, IndexError):
        return f, None, f"no report: {p.stderr.strip()[:200]}"
    wrong = []
    verdicts = set()
    for t in tests:
        want = f["expect"].get(t["id"], f["expect"].get("*", "pass"))
        verdicts.add(t["verdict"])
        if t["verdict"] != want:
            wrong.append(f"{t['id']}: {t['verdict']} where {want} is stated")
        if t["verdict"] in f["never"]:
            wrong.append(f"{t['id']}: {t['verdict']}, which it must never get")
    return f, sorted(verdicts), "; ".join(wrong[:2])


class Servers:
    """What a program must not reach: TCP, UDP and an abstract name."""

    def __init__(self):
        self.reached = []
        self.sockets = []
        for family, kind, address in (
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", PORT)),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"\0lockstep-hostile-{PORT}"),
        ):
            s = socket.socket(family, kind)
            if family == socket.AF_INET:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(address)
            if kind == socket.SOCK_STREAM:
                s.listen(64)
            self.sockets.append(s)
            threading.Thread(target=self.serve, args=(s, kind, str(address)), daemon=True).start()

    def serve(self, s, kind, name):
        while True:
            if kind == socket.SOCK_STREAM:
                s.accept()[0].close()
            else:
                s.recv(64)
            self.reached.append("udp" if kind == socket.SOCK_DGRAM else name)


class Owners:
    """Who runs the programs: for a grader with root's rights never root itself."""

    def __init__(self):
        self.root = False
        if os.geteuid() == 0:
            threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if pathlib.Path(f"/proc/{pid}/comm").read_text() == "program\n":
                        self.root |= os.stat(f"/proc/{pid}").st_uid == 0
                except OSError:
                    pass
            time.sleep(0.02)


def sweep():
    """What attacks have left where nothing holds them: an earlier run's, a mutant's, or this one's."""
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/dev"):
        for name in os.listdir(folder):
            if name.startswith("lockstep-hostile") and not os.path.isdir(os.path.join(folder, name)):
                try:
                    os.unlink(os.path.join(folder, name))
                except OSError:
                    pass
    # A queue outlives who made it and, without /dev/mqueue, is seen in no folder.
    ctypes.CDLL(None).mq_unlink(QUEUE.encode())


def host():
    """What must be the same before and after."""
    seen = {}
    uid = os.geteuid()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            owner = os.stat(f"/proc/{pid}").st_uid
            comm = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue
        if 60000 < owner < 60400 or comm in ("program", "lockstep-init", "bwrap", "x_submission"):
            seen[f"process {comm} of {owner}"] = True
    for kind in ("shm", "sem", "msg"):
        seen["System V " + kind] = len(pathlib.Path(f"/proc/sysvipc/{kind}").read_text().split("\n"))
    seen["/dev/shm"] = sorted(os.listdir("/dev/shm"))
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.mq_open(QUEUE.encode(), os.O_RDONLY)
    seen["queue " + QUEUE] = fd >= 0
    if fd >= 0:
        os.close(fd)
    for folder in ("/tmp", "/var/tmp"):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            try:
                st = os.lstat(path)
            except OSError:
                continue
            if "lockstep-hostile-" in name and name[-1:].isdigit() or name == "lockstep-hostile":
                seen["file " + path] = True
            if stat.S_ISREG(st.st_mode) and st.st_mode & 0o6000:
                seen["setuid " + path] = True
    for path in ("/root", "/home", "/etc", "/usr", "/dev", os.path.expanduser("~")):
        seen["lockstep-hostile in " + path] = os.path.exists(path + "/lockstep-hostile")
    for folder in ("exercises", "solutions", "build/plain", "grader", "fixtures"):
        for root, _, files in os.walk(TOP / folder):
            for name in files:
                path = os.path.join(root, name)
                st = os.lstat(path)
                if "__pycache__" not in path:
                    seen[path] = (st.st_size, st.st_mtime_ns, st.st_mode, st.st_uid)
    for root, folders, _ in os.walk("/sys/fs/cgroup"):
        for name in folders:
            if name.startswith("lockstep-"):
                seen["control group " + name] = True
    seen["as"] = uid
    return seen


def settled():
    """The host, once who is leaving has left: a process that is being reaped is no change."""
    for _ in range(100):
        seen = host()
        if not any(k.startswith(("process ", "control group ")) for k in seen):
            break
        time.sleep(0.02)
    return seen


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tier", default="full")
    a.add_argument("--without", default="")
    a.add_argument("--lockstep", default=str(TOP / "build/lockstep"))
    a.add_argument("--tmp", default="/var/tmp")
    a.add_argument("patterns", nargs="*")
    args = a.parse_args()
    doctor = subprocess.run([args.lockstep, "doctor"], capture_output=True, text=True, check=False,
                            env=dict(os.environ, LOCKSTEP_TIER=args.tier)).stdout
    tier = re.search(r"^tier  (\w+)", doctor, re.M)
    if not tier or tier[1] != args.tier:
        sys.exit(f"hostile: the {args.tier} tier does not work here:\n{doctor}")
    args.groups = "(control group" in doctor
    paths = sorted((TOP / "fixtures/hostile").glob("*.c"))
    if args.patterns:
        paths = [p for p in paths if any(re.search(x, p.stem) for x in args.patterns)]
    sweep()
    atexit.register(sweep)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    servers = Servers()
    owners = Owners()
    before = settled()
    stopped = excused = 0
    failed = []
    print(f"Hostile submissions, {args.tier} tier, as user {os.geteuid()}"
          + (f", without {args.without}" if args.without else "") + "\n")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for f, verdicts, wrong in pool.map(lambda p: grade(args, fixture(p)), paths):
            if wrong and (args.tier in f["cannot"] or f["needs"] and not args.groups):
                excused += 1
                mark = "not stopped in this tier, as stated"
            elif wrong:
                failed.append(f["name"])
                mark = "FAILED: " + wrong
            else:
                stopped += 1
                mark = f["layer"]
            print(f"{f['name']:34} {' '.join(verdicts or ['-']):18} {mark}", flush=True)
    after = settled()
    changed = [k for k in sorted(set(before) | set(after)) if before.get(k) != after.get(k)]
    if args.tier != "full":  # stated by the fixtures that leave queues
        for k in [k for k in changed if k.startswith("queue ")]:
            print(f"left on the host, as stated for this tier: {k}")
            changed.remove(k)
    for k in changed[:20]:
        print(f"changed on the host: {k}: {before.get(k)} -> {after.get(k)}")
    reached = sorted(set(servers.reached)) if args.tier == "full" else \
        [x for x in sorted(set(servers.reached)) if x == "udp"]
    for name in reached:
        print(f"reached on the host: {name}")
    if owners.root and args.tier != "none":
        print("a submission ran as root")
        changed.append("root")
    total = len(paths)
    print(f"\n{stopped} of {total} stopped as stated" +
          (f", {excused} stated as beyond this tier" if excused else "") +
          f"; host {'changed' if changed or reached else 'unchanged'}")
    sys.exit(1 if failed or changed or reached else 0)


if __name__ == "__main__":
    main()
