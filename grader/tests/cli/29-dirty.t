#!/bin/sh
# 29-dirty.t - what students really hand in: wrong names, codings, archives in archives. A right file
# is graded or asked about; it is never a zero. Extensions, groups, and the list of the class.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

run 0 /usr/bin/python3 "$top/grader/tests/dirty.py" "$top/solutions/08-event/event.c" "$top/solutions/09-lock/lock.c" "$tmp/moodle.zip" "$top/exercises/08-event/event.c"
printf '%s\n' "$out" >"$tmp/want"
is "hand-ins" "$(wc -l <"$tmp/want")" 74
# STUDENT POINTS: what the gradebook says; "-" nothing submitted, "?" not graded.
book() {
    /usr/bin/python3 - "$1" <<'END'
import csv, sys
for r in csv.DictReader(open(sys.argv[1] + "/gradebook.csv", newline="", encoding="utf-8")):
    print(r["student"], "-" if "nothing submitted" in r["notes"] else r["08-event"] or "?")
END
}
run 3 "$LOCKSTEP" batch "$tmp/moodle.zip" --exercises 8 -o "$tmp/out" --secret "$tmp/secret"
first=$out
cut -d' ' -f1,2 "$tmp/want" | LC_ALL=C sort >"$tmp/plain"
book "$tmp/out" | LC_ALL=C sort >"$tmp/got"
is "what each got" "$(diff "$tmp/plain" "$tmp/got")" ""
never "a right file with a zero" "$(grep -v ^stub-alone "$tmp/got")" ' 0$'
same "which file looks like it" "$first" "ambiguous: browser: 08-event: 'event\(1\).c' is there, which defines its functions, where 'event.c' is expected \(--map or --accept-names takes it\)"
same "one that may be anything" "$first" "ambiguous: helper-only: 08-event: 'helper.c' is there, and no file is called so"
same "two versions by their names" "$first" "ambiguous: two-differ: 08-event: 'event.c' and 'old/event.c' are both there and differ"
same "both archives by name" "$first" "ambiguous: two-archives: 08-event: '[^']*a.zip/event.c' and '[^']*b.zip/event.c' are both there and differ"
same "no text" "$(cat "$tmp/out/gradebook.csv")" 'binary,.*it holds NUL bytes, so it is no C source'

run 3 "$LOCKSTEP" batch "$tmp/moodle.zip" --exercises 8 -o "$tmp/out" --secret "$tmp/secret" --accept-names
cut -d' ' -f1,3 "$tmp/want" | LC_ALL=C sort >"$tmp/accepted"
book "$tmp/out" | LC_ALL=C sort >"$tmp/got"
is "with --accept-names" "$(diff "$tmp/accepted" "$tmp/got")" ""
same "and it is noted" "$out" "named: browser: 08-event: 'event\(1\).c' is taken for 'event.c'"

cat >"$tmp/map.csv" <<'END'
student,exercise,path
two-named,8,event_new.c
helper-only,08-event,helper.c
END
run 3 "$LOCKSTEP" batch "$tmp/moodle.zip" --exercises 8 -o "$tmp/out" --secret "$tmp/secret" --accept-names --map "$tmp/map.csv"
book "$tmp/out" | grep -E '^(two-named|helper-only) ' >"$tmp/got"
is "a person has decided" "$(tr '\n' ' ' <"$tmp/got")" "helper-only 0 two-named 100 "
echo 'nobody,8,x.c' >>"$tmp/map.csv"
run 2 "$LOCKSTEP" batch "$tmp/moodle.zip" --exercises 8 -o "$tmp/out" --secret "$tmp/secret" --map "$tmp/map.csv"
is "a line that fits nobody" "$err" "lockstep batch: --map, line 4: there is no student 'nobody' who handed in 'x.c'"

# The list of the class: everybody has a row; a group shares; an extension moves the deadline.
mkdir -p "$tmp/class/ada" "$tmp/class/bo" "$tmp/class/cy"
for s in ada bo cy; do cp "$top/solutions/08-event/event.c" "$tmp/class/$s/" && touch -d '2026-03-03 12:00' "$tmp/class/$s/event.c"; done
cat >"$tmp/roster.csv" <<'END'
id,name,email,group,extension
1,ada,ada@example.org,,
2,bo,bo@example.org,red,3d
3,dee,dee@example.org,red,
4,eve,eve@example.org,,
5,cy,cy@example.org,,2026-03-03 10:00
END
run 0 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/list" --secret "$tmp/secret" --roster "$tmp/roster.csv" --deadline '2026-03-01 23:59' --late '10%/day'
is "everybody, late days, the group" "$(cut -d, -f1-3 "$tmp/list/gradebook.csv" | sed 1d | tr '\n' ' ')" "ada,1,80 bo,2,100 cy,5,90 dee,3,80 eve,4,0 "
same "what the group handed in" "$out" "group: dee: 08-event: handed in by bo"
run 0 "$LOCKSTEP" batch --resume -o "$tmp/list"
is "the list is remembered" "$(cut -d, -f1-3 "$tmp/list/gradebook.csv" | sed 1d | tr '\n' ' ')" "ada,1,80 bo,2,100 cy,5,90 dee,3,80 eve,4,0 "
# Somebody of the group has handed in what is not clear: nobody's zero. A link is not followed.
mkdir -p "$tmp/group/bo" "$tmp/group/dee"
cp "$top/solutions/08-event/event.c" "$tmp/group/bo/Event.c" && echo x >"$tmp/group/dee/readme.txt"
ln -s ../class/ada "$tmp/group/ada"
run 3 "$LOCKSTEP" batch "$tmp/group" --exercises 8 -o "$tmp/unclear" --secret "$tmp/secret" --roster "$tmp/roster.csv"
is "not graded, each with why" "$(cut -d, -f1-3 "$tmp/unclear/gradebook.csv" | sed 1d | tr '\n' ' ')" "ada,1, bo,2, cy,5,0 dee,3, eve,4,0 "
same "the group" "$(cat "$tmp/unclear/gradebook.csv")" '^dee,.*what bo of the same group handed in is not clear'
same "the link" "$(cat "$tmp/unclear/gradebook.csv")" '^ada,.*it is a link'
echo '5,cy,,,' >>"$tmp/roster.csv"
run 2 "$LOCKSTEP" batch --resume -o "$tmp/list"
same "an id twice" "$err" "roster.csv', line 7: the id '5' stands twice"
sed -i '$d' "$tmp/roster.csv"
echo '6,fay,,,soon' >>"$tmp/roster.csv"
run 2 "$LOCKSTEP" batch --resume -o "$tmp/list"
same "a wrong line" "$err" "roster.csv', line 7: extension 'soon': expected 2d, 36h or a time"
done_testing
