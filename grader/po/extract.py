#!/usr/bin/env python3
"""extract.py - every sentence a student may read, as a .pot file on standard output.

xgettext(1) over what renders (tr, N_), what proves (stages/, runtime/explore/) and what suites say
(exercises/*/check_*.c); composed.c names sentences that code puts together from pieces. Formats
without a word of their own ("%s/%s") are left out, and so are names of files and flags.
"""
import glob
import re
import subprocess
import sys

RENDERERS = ["--keyword=tr:2", "--keyword=pen_word:2", "--keyword=N_"]
PROOFS = ["--keyword=arena_printf:2", "--keyword=bug_begin:2", "--keyword=bug_stack:5",
          "--keyword=bug_stack_of:3", "--keyword=too_much:1", "--keyword=prove_text:3",
          "--keyword=X:3", "--keyword=tampers:1", "--keyword=frame_bug:2", "--keyword=evidence_stack:3", "--keyword=misuse:3", "--keyword=N_"]
SUITES = ["--keyword=ck_assert_msg:2", "--keyword=ck_abort_msg:1", "--keyword=refused:3",
          "--keyword=must_be_free:2", "--keyword=must_measure:2", "--keyword=must_end:4",
          "--keyword=LS_SAYS"]
ALL = ["--extract-all"]
# Read whole: their sentences stand in tables, or behind a return.
TABLES = ["grader/stages/scan.c", "grader/runtime/explore/trap.c", "grader/runtime/explore/memory.c",
          "grader/runtime/explore/leftovers.c", "grader/runtime/settle.c",
          "grader/runtime/terminal.c"]
NOT_SAID = re.compile(r"^(--|LOCKSTEP_|\./|compile-error|forbidden: |%s[/+]|check_|task %d$)")
# What they become stands in composed.c, word for word: as templates they would fit too much.
LOOSE = {"the %s %.60s was made here", "%s%s here", "%s%s here%s", "%.*s lock %s%s%s", "%s here", "%s %d byte%s here",
         "%s thread %lld", "%d %s left behind", "%d %s left: neither joined nor detached",
         "%d child %s ended and %s never waited for", "nothing will wake the waiting %s",
         "%s waits to %s descriptor %d", "%s still has its %s end open, descriptor %s",
         "Helgrind reports, refuted: %s %ld schedules shows a race here. %s",
         "The program ended with status %d before the test had %s.",
         "uses %s that has been destroyed", "uses %s that was never initialised"}


def xgettext(keywords, files):
    done = subprocess.run(
        ["xgettext", "--language=C", "--from-code=UTF-8", "--no-location", "--no-wrap",
         "--output=-", *([] if keywords == ALL else ["--keyword"]), *keywords, *sorted(files)],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout


def entries(pot):
    """(flags, msgid as it stands in the file) of each entry but the header."""
    for block in pot.split("\n\n")[1:]:
        at = block.find("msgid ")
        if at >= 0:
            yield ("c-format" in block[:at] and "no-c-format" not in block[:at],
                   block[at + 6:block.rindex("msgstr")].strip())


def text(msgid):
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', msgid))


def is_sentence(s):
    """Two words and a blank; no path, name of the language, or half a sentence."""
    return (len(re.findall(r"[a-z']{2,}", s)) >= 2 and " " in s and
            not re.search(r"[/_:]$|^/|^GCC |\\\\n|%d/|cannot|^names? (is|are)$|^resource-limit: %s", s))


def said(msgid):
    plain = re.sub(r"%[-0-9.$]*[hlz]*[a-z]", "", text(msgid)).replace("\\n", "")
    return (re.search(r"[A-Za-z]{2}", plain) and not NOT_SAID.match(text(msgid)) and
            text(msgid) not in LOOSE)


def main():
    found = {}
    for keywords, files in (
            (RENDERERS, glob.glob("grader/report/*.[ch]") + glob.glob("grader/cli/*.c") +
             ["grader/core/tier.h", "grader/po/composed.c"]),
            (PROOFS, glob.glob("grader/stages/*.c") + glob.glob("grader/runtime/explore/*.c") +
             glob.glob("grader/runtime/suite/*.c") +
             ["grader/core/verdict.h"]),
            (["--keyword=X:4"], ["grader/core/verdict.h"]), # what to look at
            (ALL, TABLES),
            (SUITES, glob.glob("exercises/*/check_*.c"))):
        for formatted, msgid in entries(xgettext(keywords, files)):
            if said(msgid) and (files is not TABLES or is_sentence(text(msgid))):
                found[msgid] = found.get(msgid, False) or formatted
    print('msgid ""\nmsgstr ""\n"Project-Id-Version: lockstep\\n"\n'
          '"Language: zh_CN\\n"\n"MIME-Version: 1.0\\n"\n'
          '"Content-Type: text/plain; charset=UTF-8\\n"\n'
          '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"')
    for msgid, formatted in sorted(found.items(), key=lambda f: text(f[0])):
        print("\n" + ("#, c-format\n" if formatted else "") + f'msgid {msgid}\nmsgstr ""')


if __name__ == "__main__":
    sys.exit(main())
