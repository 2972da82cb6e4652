#!/usr/bin/env python3
"""killcc1.py - runs a command, and kills every cc1 that it starts; its exit status is the command's.

    killcc1.py COMMAND ARGUMENTS...      as the kernel does when the machine is short of memory
"""
import os
import pathlib
import signal
import subprocess
import sys


def stat(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None, 0
    name, rest = text[text.index("(") + 1:].rsplit(")", 1)
    return name, int(rest.split()[1])


def descends(pid, of):
    while pid > 1 and pid != of:
        pid = stat(pid)[1]
    return pid == of


child = subprocess.Popen(sys.argv[1:])
while child.poll() is None:  # looks as fast as it can: a cc1 lives for some hundredths of a second
    for entry in os.listdir("/proc"):
        if entry.isdigit() and stat(int(entry))[0] == "cc1" and descends(int(entry), child.pid):
            try:
                os.kill(int(entry), signal.SIGKILL)
            except OSError:
                pass
sys.exit(child.returncode)
