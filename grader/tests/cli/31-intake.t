#!/bin/sh
# 31-intake.t - every platform's layout is understood, nothing is guessed, hostile archives are
# refused with the entry's name and leave nothing behind.
#
# All submissions are one text that does not compile, so that the store grades it once.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

mkdir -m 711 "$tmp/work"
export TMPDIR="$tmp/work"
cat >"$tmp/zip.py" <<'END'
# zip.py ARCHIVE [NAME[==CONTENT]]...: a zip; a NAME with / at its end is a folder.
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    for arg in sys.argv[2:]:
        name, _, content = arg.partition("==")
        if content.startswith("@"):
            z.writestr(name, open(content[1:], "rb").read())
        else:
            z.writestr(name, content or "not C\n" if not name.endswith("/") else "")
END
zip() { python3 "$tmp/zip.py" "$@"; }
batch() { # STATUS INPUT... : the same OUT, so one grading serves all
    want=$1
    shift
    run "$want" "$LOCKSTEP" batch --exercises 08-event,09-lock -o "$tmp/out" --secret "$tmp/secret" "$@"
}
book() { tr -d '\r' <"$tmp/out/gradebook.csv" | sed 1d; }

# Folders: NN-slug/slug.c, exercises/..., a bare slug.c, an archive, an empty one.
mkdir -p "$tmp/class/ada/08-event" "$tmp/class/bob/exercises/08-event" "$tmp/class/cy" "$tmp/class/dee"
for f in ada/08-event bob/exercises/08-event cy; do echo "not C" >"$tmp/class/$f/event.c"; done
zip "$tmp/class/eve.zip" "hw/08-event/event.c" "__MACOSX/hw/._event.c" "hw/.DS_Store"
tar -C "$tmp/class" -czf "$tmp/class/fay.tar.gz" cy/event.c
echo "hello" >"$tmp/class/cy/thoughts.txt"
echo "lost" >"$tmp/class/nobodys.txt"
batch 0 "$tmp/class"
is "folders and archives a student" "$(book)" "ada,,0,0,0,200,09-lock nothing submitted
bob,,0,0,0,200,09-lock nothing submitted
cy,,0,0,0,200,09-lock nothing submitted
dee,,0,0,0,200,08-event nothing submitted; 09-lock nothing submitted
eve,,0,0,0,200,09-lock nothing submitted
fay,,0,0,0,200,09-lock nothing submitted"
same "what belongs to no exercise is listed" "$out" "unmatched: cy: 'thoughts.txt'"
same "and what belongs to nobody" "$out" "unmatched: 'nobodys.txt'"
never "the platform's litter is not" "$out" "DS_Store|MACOSX"

# Two different files for one exercise: not guessed. The same bytes twice: one.
mkdir -p "$tmp/two/ada/a" "$tmp/two/ada/b" "$tmp/two/bob/a" "$tmp/two/bob/b"
for f in ada/a bob/a bob/b; do echo "not C" >"$tmp/two/$f/event.c"; done
echo "something else" >"$tmp/two/ada/b/event.c"
batch 3 "$tmp/two"
is "ambiguous is not graded, and no zero" "$(book)" \
    "ada,,,0,,200,08-event not graded: 'a/event.c' and 'b/event.c' are both there and differ; 09-lock nothing submitted
bob,,0,0,0,200,09-lock nothing submitted"
same "and listed" "$out" "ambiguous: ada: 08-event: 'a/event.c' and 'b/event.c'"

# Moodle: folders, the trailing underscore, flat names, online text, commas, formulas, Chinese.
zip "$tmp/moodle.zip" "Ada Lovelace_17_assignsubmission_file_/08-event/event.c" \
    "王 伟_18_assignsubmission_file/event.c" "=1+1, \"x\"_19_assignsubmission_file_event.c" \
    "Bo_20_assignsubmission_onlinetext/onlinetext.html" "Cy_21_assignsubmission_file_08-event_event.c" \
    "Dee_22_assignsubmission_file_/"
batch 0 "$tmp/moodle.zip"
is "moodle's zip" "$(book | cut -d, -f1-5 | tr '\n' '|')" \
    "\"'=1+1, \"\"x\"\"\",19,0,0|Ada Lovelace,17,0,0,0|Bo,20,0,0,0|Cy,21,0,0,0|Dee,22,0,0,0|王 伟,18,0,0,0|"
is "three of them handed it in" "$(book | grep -c '200,09-lock nothing submitted')" 4
same "an online text is no file of an exercise" "$out" "unmatched: Bo: 'onlinetext.html'"

# Canvas: late, resubmitted, a name that has numbers of its own, anonymous.
zip "$tmp/canvas.zip" "lovelaceada_LATE_31_501_event.c" "scottdana_32_502_event.c==old" \
    "scottdana_32_503_event-1.c" "weichen_33_504_12_34_notes.txt" "anon_aB3x_505_event.c"
batch 0 "$tmp/canvas.zip" --late '10%/day'
is "canvas's zip" "$(book | cut -d, -f1-3 | tr '\n' '|')" "anon,aB3x,0|lovelaceada,31,0|scottdana,32,0|weichen,33,0|"
same "LATE is the platform's word" "$(book)" "^lovelaceada,31,.*08-event late 1 day"
same "the later upload counts" "$(sqlite3 "$tmp/out/batch.db" 'SELECT kind, text FROM note' 2>&1)" \
    "resubmitted.*'scottdana_32_502_event.c' is replaced by 'scottdana_32_503_event-1.c'"
same "an import file for canvas" "$(cat "$tmp/out/canvas.csv")" "^lovelaceada,31,,,,0"

# Gradescope: who and when from the metadata; a group; a submission that it does not know.
g=$tmp/assignment_7_export
mkdir -p "$g/submission_1" "$g/submission_2" "$g/submission_3"
echo "not C" | tee "$g/submission_1/event.c" "$g/submission_2/event.c" >"$g/submission_3/event.c"
cat >"$g/submission_metadata.yml" <<'END'
---
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: '41'
    :email: ada@example.org
  - :name: "Bo, the 'second'"
    :sid: '42'
  :created_at: 2026-03-02 12:00:00.000000000 Z
submission_2:
  :submitters:
  - :name: 王伟
    :sid: '43'
  :created_at: 2026-03-01 12:00:00.000000000 Z
END
batch 0 "$g" --deadline 2026-03-01T18:00:00Z --late '50%'
is "gradescope's export" "$(book | cut -d, -f1-3 | tr '\n' '|')" "Ada Lovelace,41,0|\"Bo, the 'second'\",42|王伟,43,0|"
is "late by its own times" "$(book | grep -c 'late 1 day')" 2
same "a submission without a person" "$out" "unmatched: 'submission_3/event.c'"
printf 'submission_1: [\n' >"$g/submission_metadata.yml"
batch 2 "$g"
same "broken metadata" "$err" "submission_metadata.yml, line [0-9]+: "

# GitHub Classroom: SLUG-submissions/SLUG-user, with .git beside.
mkdir -p "$tmp/os-submissions/os-ada/08-event" "$tmp/os-submissions/os-bo-b/.git"
echo "not C" >"$tmp/os-submissions/os-ada/08-event/event.c"
echo "x" >"$tmp/os-submissions/os-bo-b/.git/event.c"
batch 0 "$tmp/os-submissions"
is "clones" "$(book | cut -d, -f1-3 | tr '\n' '|')" "ada,,0|bo-b,,0|"
same "nothing comes out of .git" "$(book)" "^bo-b.*08-event nothing submitted"

# A single student's archive; several inputs at once; a class wrapped in a folder.
zip "$tmp/solo.zip" "event.c" "readme.txt"
zip "$tmp/wrapped.zip" "spring/" "spring/ada/" "spring/ada/event.c" "spring/bo/event.c"
batch 0 "$tmp/solo.zip" "$tmp/wrapped.zip"
is "several inputs" "$(book | cut -d, -f1-3 | tr '\n' '|')" "ada,,0|bo,,0|solo,,0|"

# ---- hostile archives ----------------------------------------------------------------------
cat >"$tmp/evil.py" <<'END'
# evil.py KIND ARCHIVE
import io, os, sys, tarfile, zipfile
kind, path = sys.argv[1:]
def tar(**fields):
    with tarfile.open(path, "w") as t:
        i = tarfile.TarInfo(fields.pop("name"))
        data = fields.pop("data", b"")
        for k, v in fields.items():
            setattr(i, k, v)
        i.size = len(data)
        t.addfile(i, io.BytesIO(data))
def zips(*entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in entries:
            z.writestr(name, data)
if kind == "up": zips(("../up.c", "x"))
elif kind == "deepup": zips(("a/../../../tmp/lockstep-evil", "x"))
elif kind == "absolute": tar(name="/tmp/lockstep-evil", data=b"x")
elif kind == "drive": zips(("C:\\evil.c", "x"))
elif kind == "backslash": zips(("a\\..\\..\\evil.c", "x"))
elif kind == "symlink": tar(name="event.c", type=tarfile.SYMTYPE, linkname="/etc/passwd")
elif kind == "hardlink": tar(name="event.c", type=tarfile.LNKTYPE, linkname="/etc/passwd")
elif kind == "fifo": tar(name="event.c", type=tarfile.FIFOTYPE)
elif kind == "device": tar(name="event.c", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
elif kind == "bomb": zips(("event.c", b"\0" * (300 << 20)))
elif kind == "many": zips(*((f"{i}.c", "x") for i in range(2500)))
elif kind == "deep": tar(name="a/" * 70 + "event.c", data=b"x")
elif kind == "long": tar(name="n" * 2000, data=b"x")
elif kind == "cut":
    zips(("event.c", os.urandom(4000)))
    open(path, "r+b").truncate(2000)
elif kind == "noise": open(path, "wb").write(os.urandom(5000))
elif kind == "empty": open(path, "wb").close()
elif kind == "odd": zips(("-rf", "x"), ("@x.c", "x"), ("a\nb\x1b[2J.c", "x"), ("=cmd.c", "x"),
                         ("<img src=x>.c", "x"), ("event.c", "not C\n"))
END
refused() { # KIND PATTERN: as a student's own archive among others
    rm -rf "$tmp/evil"
    mkdir -p "$tmp/evil/good"
    echo "not C" >"$tmp/evil/good/event.c"
    case $1 in absolute | symlink | hardlink | fifo | device | deep | long) end=tar ;; *) end=zip ;; esac
    python3 "$tmp/evil.py" "$1" "$tmp/evil/bad.$end"
    batch 3 "$tmp/evil"
    same "$1: refused, with the reason" "$out" "refused: bad: the archive 'bad.$end' is refused: $2"
    same "$1: no zero" "$(book | head -1)" "^bad,,,,,200,"
    same "$1: the others are graded" "$(book | tail -1)" "^good,,0,0,0"
}
before=$(find /tmp /var/tmp -maxdepth 1 -name 'lockstep-evil*' | wc -l)
refused up "a name leaves the archive's folder: '../up.c'"
refused deepup "a name leaves the archive's folder"
refused absolute "a name is absolute: '/tmp/lockstep-evil'"
refused drive "a name is absolute: 'C:"
refused backslash "a name leaves the archive's folder"
refused symlink "a symbolic link: 'event.c'"
refused hardlink "a hard link: 'event.c'"
refused fifo "a FIFO: 'event.c'"
refused device "a device: 'event.c'"
refused bomb "it unpacks to more than 64 MiB"
refused many "it holds more than 2000 entries"
refused deep "folders are nested more than 64 deep"
refused long "a name is longer than 1024 bytes"
refused cut "it is damaged"
refused noise "it is damaged or no zip, tar, 7z or rar archive"
refused empty "it is (empty|damaged)"
is "nothing of them is on the host" "$(find /tmp /var/tmp -maxdepth 1 -name 'lockstep-evil*' | wc -l)" "$before"

rm -rf "$tmp/evil"
mkdir "$tmp/evil"
python3 "$tmp/evil.py" odd "$tmp/evil/odd.zip"
batch 3 "$tmp/evil" # C with odd names may be the exercise: no zero
same "odd names are only names" "$out" "unmatched: odd: '-rf', 'a\\\\x0ab\\\\x1b\[2J.c', '=cmd.c', '<img src=x>.c'"
same "one that may be the lock" "$out" "ambiguous: odd: 09-lock: '@x.c' is there, and no file is called so, where 'lock.c' is expected"
never "in the page they are text" "$(cat "$tmp/out/report.html")" "<img"
python3 "$tmp/evil.py" up "$tmp/class.zip"
batch 2 "$tmp/class.zip"
same "a hostile container is refused whole" "$err" "'.*class.zip' is refused: a name leaves the archive's folder: '../up.c'"

# ---- one student is not to decide about others ----------------------------------------------
printf 'on_file_:\n  :submitters:\n  - :name: Eve\n    :sid: "99"\n' >"$tmp/meta"
zip "$tmp/moodle.zip" "Ada_17_assignsubmission_file_/event.c" "Eve_99_assignsubmission_file_/submission_metadata.yml==@$tmp/meta" \
    "Bo_18_assignsubmission_file_x_19_assignsubmission_file_/event.c"
batch 0 "$tmp/moodle.zip"
is "metadata in a student's folder is a file like others" "$(book | cut -d, -f1-3 | tr '\n' '|')" "Ada,17,0|Eve,99,0|"
same "a name with two marks is nobody's" "$out" "unmatched: 'Bo_18_assignsubmission_file_x_19_"
mkdir -p "$tmp/names/ada" "$tmp/names/bob"
for i in 1 2 3 4 5 6; do echo x >"$tmp/names/ada/x_${i}_assignsubmission_file_a.txt"; done
echo "not C" >"$tmp/names/bob/event.c"
batch 0 "$tmp/names"
is "one student's file names make no layout" "$(book | cut -d, -f1-3 | tr '\n' '|')" "ada,,0|bob,,0|"
g=$tmp/assignment_8_export
mkdir -p "$g/submission_1"
echo "not C" >"$g/submission_1/event.c"
printf 'submission_1: {":submitters": [{":name": Mallory, ":sid": "/../../../victim"}, {":name": Wei, ":email": a@x}, {":name": Wei, ":email": b@x}]}\n' >"$g/submission_metadata.yml"
batch 0 "$g"
is "a number is no path" "$(find "$tmp" -name 'victim*' | wc -l) $(find "$tmp/out/students" -maxdepth 1 -name 'Mallory*' | wc -l)" "0 1"
is "two of one name are two" "$(book | cut -d, -f1 | tr '\n' '|')" "Mallory|Wei|Wei|"

# ---- what was not looked into is no zero ----------------------------------------------------
rm -rf "$tmp/closed"
for s in rar caps nest other; do mkdir -p "$tmp/closed/$s"; done
echo x >"$tmp/closed/rar/work.lzh"
echo "not C" >"$tmp/closed/caps/Event.c"
zip "$tmp/inner.zip" event.c
zip "$tmp/middle.zip" "inner.zip==@$tmp/inner.zip"
zip "$tmp/closed/nest/outer.zip" "middle.zip==@$tmp/middle.zip"
mkdir "$tmp/closed/other/09-lock"
echo "not C" >"$tmp/closed/other/09-lock/event.c"
batch 3 "$tmp/closed"
is "four kinds of it" "$(book | cut -d, -f1-3,5 | tr '\n' '|')" "caps,,,|nest,,,|other,,,|rar,,,|"
same "said why" "$out" "refused: rar: 'work.lzh' was not looked into: only zip, tar, 7z and rar archives are"
same "a name but for capitals" "$out" "ambiguous: caps: 08-event: 'Event.c' is there, where 'event.c'"
same "another exercise's folder" "$out" "ambiguous: other: 08-event: '09-lock/event.c' is there"

# ---- who is who, and when ---------------------------------------------------------------------
mkdir -p "$tmp/s1/wei" "$tmp/s2/wei"
echo "not C" | tee "$tmp/s1/wei/event.c" >"$tmp/s2/wei/event.c"
batch 2 "$tmp/s1" "$tmp/s2"
same "two sections, one name" "$err" "two inputs hold a student 'wei'"
(cd "$tmp/s1/wei" && tar czf "$tmp/solo2.tgz" .)
batch 0 "$tmp/solo2.tgz"
is "tar of a folder from within" "$(book | cut -d, -f1-3)" "solo2,,0"
printf 'x' >"$tmp/bytes.py"
cat >"$tmp/bytes.py" <<'END'
import os, sys
for name in (b"\xd5\xc5\xc3\xf4", b"\xc0\xee\xbe\xfc"):
    os.makedirs(os.path.join(os.fsencode(sys.argv[1]), name))
    open(os.path.join(os.fsencode(sys.argv[1]), name, b"event.c"), "w").write("not C\n")
END
python3 "$tmp/bytes.py" "$tmp/gbk"
batch 0 "$tmp/gbk"
is "names of another encoding stay apart" "$(book | wc -l)" 2
zip "$tmp/canvas.zip" "lovelaceada_31_501_event.c"
batch 0 "$tmp/canvas.zip" --deadline 2000-01-01 --late refuse
never "canvas's dates are the export's" "$(book)" "late"
batch 2 "$tmp/os-submissions" --deadline 2030-01-01
same "clones have no date" "$err" "clones do not say when"

# A name may begin with a dot, and tools have folders of such names.
mkdir -p "$tmp/dots/ann/08-event" "$tmp/dots/.bo/08-event" "$tmp/dots/.git/08-event" "$tmp/dots/.vscode"
for d in ann .bo .git; do cp "$top/solutions/08-event/event.c" "$tmp/dots/$d/08-event/"; done
batch 0 "$tmp/dots"
same "a student's folder with a dot" "$(book)" "^\.bo,,100,"
never "a tool's folder is no student" "$(book)" "git|vscode"

# ---- the command line ----------------------------------------------------------------------
batch 2 "$tmp/none"
same "an input that is not there" "$err" "cannot read '.*/none': No such file"
batch 2 "$tmp/zip.py"
same "an input of no use" "$err" "neither a folder nor a zip, tar, 7z or rar archive"
mkdir "$tmp/nobody"
batch 2 "$tmp/nobody"
same "a class of nobody" "$err" "holds no student folders"
batch 2 "$tmp/class" --deadline tomorrow
same "no time" "$err" "'--deadline tomorrow': expected a time like"
batch 2 "$tmp/class" --late never
same "no rule" "$err" "'--late never': expected accept, refuse, N% or N%/day"
run 2 "$LOCKSTEP" batch "$tmp/class" -o "$tmp/class/out" --secret "$tmp/secret"
same "OUT inside the class" "$err" "OUT '.*' lies inside the class"
is "and nothing was made there" "$([ -e "$tmp/class/out" ] && echo made)" ""
is "no work folder is left" "$(find "$TMPDIR" -mindepth 1 | wc -l)" 0
done_testing
