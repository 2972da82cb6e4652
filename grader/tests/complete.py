#!/usr/bin/env python3
"""complete.py - TAB in real shells: bash and zsh in a terminal, fish by its own `complete -C`.

    complete.py LOCKSTEP FOLDER     FOLDER holds the shell's files. One line a check.
"""
import os
import pathlib
import subprocess
import sys

from terminal import Terminal

lockstep, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
START = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"], "fish": []}
bad = 0


def check(name, ok, shown):
    global bad
    bad += not ok
    print(f"{'ok  ' if ok else 'FAIL'} {name}{'' if ok else ': ' + repr(shown[-800:])}", flush=True)


(folder / "not-a-word.c").touch()  # offered where a file fits
for shell, argv in START.items():
    script = folder / f"completion.{shell}"
    script.write_text(subprocess.run([lockstep, "completion", shell], check=True, text=True,
                                     stdout=subprocess.PIPE).stdout)
    env = dict(os.environ, PATH=f"{lockstep.parent}:{os.environ['PATH']}", HOME=str(folder), TERM="xterm",
               XDG_STATE_HOME=str(folder / "state"), PS1="ready> ", LC_ALL="C.UTF-8")
    for typed, want in (("lockstep expo\t", "lockstep export"),
                        ("lockstep grade 08\t", "08-event"),
                        ("lockstep grade --sub\t", "--submission"),
                        ("lockstep grade --format pra\t", "prairielearn"),
                        ("lockstep replay 08 set-w\t", "set-wakes-all"),
                        ("lockstep explore not-a-wo\t", "not-a-word.c"),
                        ("lockstep export auto\t", "autolab")):
        if shell == "fish":
            done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{typed[:-1]}'"],
                                  env=env, cwd=str(folder), text=True, capture_output=True, check=False)
            check(f"fish: {typed.strip()}", want.split()[-1] in done.stdout and not done.stderr,
                  done.stdout + done.stderr)
            continue
        t = Terminal(argv, cwd=str(folder), env=env)
        t.key(f"source {script}; echo load''ed\n")
        good = t.wait("loaded\r?\n") and "rror" not in t.text and t.wait("ready> ")
        before = t.text
        t.key(typed)
        check(f"{shell}: {typed.strip()}", good and t.wait(want), before + t.text)
        os.kill(t.pid, 9)
        t.end()
sys.exit(1 if bad else 0)
