#!/bin/sh
# 34-pages.t - the class report and a student's report in a real browser, with names and sources
# that try to be more than text.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

evil='<script>window.hacked=1<'
mkdir -p "$tmp/class/ada/08-event" "$tmp/class/$evil/08-event" "$tmp/class/\"><img src=x onerror=hacked=1>/08-event" \
    "$tmp/class/王伟/08-event" "$tmp/class/nothing"
cp "$top/fixtures/08-event/is-set-unlocked.c" "$tmp/class/ada/08-event/event.c"
cp "$top/fixtures/08-event/signal-for-broadcast.c" "$tmp/class/王伟/08-event/event.c"
sed 's/bool event_is_set/void evil(void) { (void)"<\/pre><script>window.hacked=1<\/script>"; }\n&/' \
    "$top/fixtures/08-event/is-set-unlocked.c" >"$tmp/class/$evil/08-event/event.c"
printf '#error </pre><script>window.hacked=1</script>\n' >"$tmp/class/\"><img src=x onerror=hacked=1>/08-event/event.c"
run 0 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/out" --secret "$tmp/secret"
set -- "$tmp/out/report.html"
for page in "$tmp"/out/students/*/report.html; do set -- "$@" "$page"; done
run 0 /usr/bin/python3 "$top/grader/tests/pages.py" "$@"
is "all pages at four widths, six checks each" "$(printf '%s\n' "$out" | grep -c '^ok')" $(($# * 4 * 6))
never "no page fails any" "$out" "^FAIL"
run 0 /usr/bin/python3 "$top/grader/tests/pages.py" --timeline "$tmp/out/students/ada/report.html"
is "arrow keys step through the interleaving, the source beside it" "$(printf '%s\n' "$out" | grep -c '^ok')" 84
never "at any width" "$out" '^FAIL'
same "the policy names its one script" "$(cat "$tmp/out/students/ada/report.html")" "script-src 'sha256-[A-Za-z0-9+/]{43}='\""
same "the interleaving is a table" "$(cat "$tmp/out/students/ada/report.html")" 'class="steps"'
same "with the student's own line" "$(cat "$tmp/out/students/ada/report.html")" 'set = e-&gt;flag;'
same "and the command that shows it again" "$(cat "$tmp/out/students/ada/report.html")" 'lockstep replay 08-event all-at-once --token'
same "look-alikes are side by side" "$(cat "$tmp/out/report.html")" 'class="two"'
same "and linked by name" "$(cat "$tmp/out/report.html")" 'students/%E7%8E%8B%E4%BC%9F/report.html'
same "causes are counted" "$(tr -d '\n' <"$tmp/out/report.html")" '<td>data-race</td><td class="n">[0-9]+</td>'
done_testing
