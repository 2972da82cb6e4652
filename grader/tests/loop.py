#!/usr/bin/env python3
"""loop.py - the student's loop in a real terminal: save, read, press keys. Prints one line a check.

    loop.py LOCKSTEP TOP FOLDER [poll|chinese|steps]
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from terminal import Terminal

lockstep, top, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
how = sys.argv[4] if len(sys.argv) > 4 else ""
bad = 0


def check(name, ok, shown=""):
    global bad
    bad += not ok
    print(f"{'ok  ' if ok else 'FAIL'} {name}{'' if ok else ': ' + repr(shown[-600:])}", flush=True)


def save(name):
    """As editors do: a new file, renamed over the old one."""
    new = folder / "exercises/08-event/.event.c.new"
    shutil.copy(top / "fixtures/08-event" / name, new)
    new.rename(folder / "exercises/08-event/event.c")


def start(*args, lang="C.UTF-8"):
    env = dict(os.environ, XDG_STATE_HOME=str(folder / "state"), LC_ALL=lang, NO_COLOR="1")
    if how == "poll":
        env["LOCKSTEP_WATCH"] = "poll"
    return Terminal([lockstep, *args], cwd=folder, env=env)


def english():
    t = start("watch", "8")
    check("the first time it explains itself", t.wait("Welcome to Lockstep"), t.text)
    check("the stub is graded at once", t.wait(r"Nothing is written yet.* 0/100.*\[q\]uit"), t.text)
    check("keys are read one by one", not t.mode())
    save("set-unlocked.c")
    check("saving is enough", t.wait(r"data-race: event_set / event_wait.*35/100.*\[q\]uit"), t.text)
    check("of all failures the first is told in full", t.text.count("the interleaving") == 1 and
          re.search(r"FAIL  \d/11  wait-blocks, .*set-wakes-all", t.text), t.text)
    for rows, columns in ((24, 80), (40, 120)):
        t.resize(rows, columns)
        check("another size, another page", t.wait(r"\x1b\[2J.*the interleaving.*\[q\]uit"), t.text)
        check(f"it fits {columns}x{rows}", len(t.page()) <= rows and max(map(len, t.page())) <= columns, t.text)
        check("the failure stands last, with a row of it", re.search(r"the interleaving.*\d: .*35/100", t.text, re.S), t.text)
    t.key("h")
    check("a hint", t.wait(r"08-event wait-blocks, hint 1 of 3: .*again for the next one.*\[q\]uit"), t.text)
    t.key("h")
    check("the next one", t.wait(r"hint 2 of 3: .*\[q\]uit"), t.text)
    t.key("p")
    check("the failure, step by step", t.wait(r"step \d+ of \d+  \[n\]ext.*\[q\]uit"), t.text)
    t.key("q")
    check("and back", t.wait(r"replayed one schedule: \d bugs? found.*re\[p\]lay  \[q\]uit"), t.text)
    t.key("l")
    check("the list, with a bar", t.wait("08-event +35  ███░░░░░░░.*\\[q\\]uit"), t.text)
    save("pass-semaphore.c")
    check("all of it", t.wait(r"██████████ 100/100.*All tests pass\. Press n for the next.*\[q\]uit"), t.text)
    t.key("h")
    check("and no hint", t.wait(r"every test passed.*\[q\]uit"), t.text)
    t.key("n")
    check("the next exercise", t.wait(r"09-lock.*Nothing is written yet.*\[q\]uit"), t.text)
    t.key("r")
    check("run again", t.wait(r"grading.*Nothing is written.*\[q\]uit"), t.text)
    t.key("x")
    t.key("q")
    check("quit", t.end() == 0, t.text)
    check("the terminal is as it was", t.mode())
    state = json.loads((folder / "state/lockstep/scores.json").read_text())
    check("progress is remembered", state["best"]["08-event"] == 100 and state["last"] == "09-lock" and
          state["hints"]["08-event"]["wait-blocks"] == 2 and state["failed"]["08-event"] == [], str(state))
    t = start("watch")
    check("without a word: the first that is not done, and no welcome", t.wait(r"01-shared-value.*\[q\]uit") and
          "Welcome" not in t.text, t.text)
    t.key("\x1c")
    t.end()
    check("Ctrl-\\ leaves a terminal that hears", t.mode())
    t = start("watch")
    check("again", t.wait(r"\[q\]uit"), t.text)
    t.key("\x03")
    check("Ctrl-C", t.end() == 130 and "interrupted" in t.text, t.text)


def stepping():
    keys = r"step (\d+) of (\d+)  .*\[q\]uit"

    def at(t):
        return int(re.search(keys, t.text).group(1))

    save("set-unlocked.c")
    token = json.loads(subprocess.run(
        [lockstep, "grade", "8", "--format", "json"], cwd=folder, stdout=subprocess.PIPE, check=False,
        env=dict(os.environ, XDG_STATE_HOME=str(folder / "state"))).stdout)
    test, token = next((x["id"], p["schedule"]["token"]) for x in token["exercises"][0]["tests"]
                       for p in x["evidence"] if p.get("schedule") and p["verdict"] == "data-race")
    t = start("replay", "8", test, "--token", token)
    check("a page of steps", t.wait(keys) and "data-race: event_set" in t.text, t.text)
    begin = at(t)
    for rows, columns in ((24, 80), (40, 120)):
        t.resize(rows, columns)
        check(f"again for {columns}x{rows}", t.wait(keys), t.text)
        check(f"it fits {columns}x{rows}", len(t.page()) <= rows and max(map(len, t.page())) < columns, t.text)
        check("it begins at a line of the race, with the code around it",
              re.search(r"^> +\d+ \|.*e->", "\n".join(t.page()), re.M), t.text)
    t.key("n")
    check("n: the next step", t.wait(keys) and at(t) == begin + 1, t.text)
    t.key("\x1b[A")
    check("an arrow: the one before", t.wait(keys) and at(t) == begin, t.text)
    t.key("g")
    check("g asks", t.wait("go to step: "), t.text)
    t.key("3\r")
    check("g3: the third", t.wait(keys) and at(t) == 3, t.text)
    t.key("p")
    check("p", t.wait(keys) and at(t) == 2, t.text)
    t.key("G")
    check("G: the last", t.wait(keys) and at(t) == int(re.search(keys, t.text).group(2)), t.text)
    t.key("n")
    check("and no further", t.wait(keys) and at(t) == int(re.search(keys, t.text).group(2)), t.text)
    t.key("/")
    check("/ asks", t.wait("search: "), t.text)
    t.key("broadcasts\r")
    check("/ finds", t.wait(keys) and re.search(r"^> .*broadcasts", "\n".join(t.page()), re.M), t.text)
    t.key("/")
    t.wait("search: ")
    t.key("no such words\r")
    check("or says that it does not", t.wait(r"not found  .*\[q\]uit"), t.text)
    t.key("q")
    check("q: how it ended, and where", t.end() == 1 and "replayed one schedule" in t.text and
          "holding no lock" in t.text and "the interleaving" not in t.text, t.text)
    check("the terminal is as it was", t.mode())
    t = start("replay", "8", test, "--token", token, "--all")
    check("--all prints", t.end() == 1 and "the interleaving" in t.text and "[q]uit" not in t.text, t.text)
    (folder / "long.c").write_text("""#include <pthread.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int n;
static void *work(void *arg)
{
    for (int i = 0; i < 30; i++) {
        pthread_mutex_lock(&m);
        n++;
        pthread_mutex_unlock(&m);
    }
    return arg;
}
int main(void)
{
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, work, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return n != 90;
}
""")
    t = start("explore", "--schedules", "100000000", "long.c")
    check("progress", t.wait(r"[1-9]\d* schedules, [1-9]\d* per second, 0 findings, 0 cut"), t.text)
    t.key("\x03")
    check("Ctrl-C: what was found so far, and how to go on", t.end() == 130 and
          re.search(r"\d+ schedules explored \(stopped: interrupted\): no bug found", t.text) and
          "for other schedules: lockstep explore --seed 2 long.c" in t.text and "all" not in t.text, t.text)
    text = (folder / "long.c").read_text()
    (folder / "late.c").write_text(text.replace("i < 30", "i < 4000").replace("n++;\n", "n++;\n        lost++;\n")
                                   .replace("static int n;", "static int n, lost;").replace(
        "pthread_mutex_unlock(&m);", "pthread_mutex_unlock(&m);\n        lost++;"))
    (folder / "known").write_text("leak:none\n")  # with it a bug does not end the search
    t = start("explore", "--schedules", "100000000", "--suppress", "known", "late.c")
    check("a long schedule with a bug", t.wait("found in schedule 1: data-race: "), t.text)
    t.key("\x03")
    check("Ctrl-C: it is shown, and nothing is said against the program", t.end() == 1 and
          "data-race: work / work" in t.text and "interrupted" in t.text and "same thing twice" not in t.text, t.text)
    t = start("explore", str(top / "grader/docs/racy.c"))
    check("the first one at once", t.end() == 1 and
          re.search(r"found in schedule \d+: data-race: two threads.*the interleaving", t.text, re.S), t.text)
    t = start("explore", str(top / "grader/docs/racy.c"), "--replay", "1-1.3.2")
    check("explore, too", t.wait(keys) and "racy.c" not in t.page()[-2], t.text)
    t.key("\x03")
    check("Ctrl-C", t.end() == 130, t.text)
    check("the terminal is as it was", t.mode())


def by_looking():
    t = start("watch", "8")
    check("graded", t.wait(r"0/100.*\[q\]uit"), t.text)
    save("set-unlocked.c")
    check("a change is found by looking", t.wait(r"35/100.*\[q\]uit"), t.text)
    save("spinning.c")
    check("graded again", t.wait("grading"), t.text)
    t.key("h")
    save("pass-semaphore.c")
    check("a change meanwhile is graded instead", t.wait(r"100/100.*?\[q\]uit"), t.text)
    check("and what was begun is not shown", "FAIL" not in t.text, t.text)
    check("a key pressed meanwhile is answered about it", t.wait(r"every test passed.*\[q\]uit"), t.text)
    t.key("q")
    check("quit", t.end() == 0, t.text)


def chinese():
    save("set-unlocked.c")
    t = start("watch", "8", lang="zh_CN.UTF-8")
    check("欢迎", t.wait("欢迎使用 Lockstep"), t.text)
    check("报告", t.wait(r"失败  \d+/11  wait-blocks.*两个线程在没有同步的情况下访问.*主线程.*线程 1.*退出"), t.text)
    check("no English sentence", not any(s in t.text for s in ("touches", "writes", "the interleaving", "about this test", "think about", "fails ")),
          t.text)
    t.key("h")
    check("提示", t.wait(r"08-event wait-blocks，提示 1/3.*退出"), t.text)
    t.key("l")
    check("列表", t.wait(r"练习.*08-event +35.*事件.*退出"), t.text)
    t.key("q")
    check("退出", t.end() == 0, t.text)
    t = start("hint", lang="zh_CN.UTF-8")
    check("hint 提示 2/3", t.wait("提示 2/3"), t.text)
    t.end()
    t = start("reset", "8", lang="zh_CN.UTF-8")
    check("reset 询问", t.wait(r"\[y/N\] "), t.text)
    t.key("n\n")
    check("不改", t.end() == 2, t.text)


if __name__ == "__main__":
    {"": english, "poll": by_looking, "chinese": chinese, "steps": stepping}[how]()
    sys.exit(1 if bad else 0)
