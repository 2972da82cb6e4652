#!/bin/sh
# 25-formats.t - every format is valid for the reader it is made for, says the same score, and
# carries hostile text as text.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

# A submission whose own lines and compiler warnings try to be commands of each format.
mkdir -p "$tmp/sub/08-event"
# shellcheck disable=SC2016
sed -e 's|set = e->flag; /\* @read \*/|set = e->flag; /* ]]> </pre><script>x()</script> `` ``` \| ::error::no ##[error]no # ok 99 "%0A" =1+1 */|' \
    -e '$a #warning "::error::forged ]]> <b>&amp; ``` not ok 7"' \
    "$top/fixtures/08-event/is-set-unlocked.c" >"$tmp/sub/08-event/event.c"
cd "$tmp" || exit 3
formats="text json junit tap github markdown html sarif gradescope classroom50 classroom autolab prairielearn"
set --
for f in $formats; do set -- "$@" --format "$f:$tmp/out.$f"; done
run 1 env CLASSROOM=os ASSIGNMENT=08 SUBMISSION_TAG=submit/1 "$LOCKSTEP" grade 8 --submission sub "$@"
for f in $formats; do [ -s "out.$f" ] || same "$f is written" "" "something"; done

valid() { run 0 /usr/bin/python3 -m jsonschema -i "$1" "$top/grader/report/$2"; }
valid out.json result.schema.json
valid out.gradescope schemas/gradescope.json
valid out.classroom50 schemas/classroom50.json
valid out.prairielearn schemas/prairielearn.json
base64 -d out.classroom >classroom.json
valid classroom.json schemas/classroom.json
tail -n 1 out.autolab >autolab.json
valid autolab.json schemas/autolab.json

is "the same score everywhere" "$(jq .score out.json) $(jq .score out.gradescope) $(jq .score out.classroom50) \
$(jq '[.tests[].score] | add' classroom.json) $(jq '.scores["08-event"]' autolab.json) $(jq .score out.prairielearn) \
$(sed -n 's/^# total //p' out.tap) $(sed -n 's/^# Lockstep: //p' out.markdown)" "90 90 90 90 90 0.9 90/100 90/100"
is "facts of the platform" "$(jq -r '.classroom + " " + .submission' out.classroom50)" "os submit/1"

run 0 /usr/bin/python3 -m jsonschema -i out.sarif "$top/build/sarif-schema.json"
sed 's/"version": "2.1.0"/"version": "2.2.0"/' out.sarif >bad.sarif
run 1 /usr/bin/python3 -m jsonschema -i bad.sarif "$top/build/sarif-schema.json"
run 0 xmllint --noout out.junit
# Debian's prove reads version 13, of which ours uses nothing that is not in 14 as well.
is "tap: the version" "$(head -n 1 out.tap)" "TAP version 14"
sed 's/^TAP version 14$/TAP version 13/' out.tap >out13.tap
run 1 prove --exec cat out13.tap
same "prove: one of eleven failed" "$out" 'Failed 1/11 subtests'
same "and no other" "$out" 'Failed test:  9$'
never "no parse error" "$out$err" 'Parse errors|Unknown'
run 0 xmllint --html --noout --nowarning out.html
never "no tag of the student's" "$(sed '/^<script>/d' out.html)" '<script|<b>'

is "github: annotations" "$(grep -c '^::error file=sub/08-event/event.c,line=[0-9]*,title=08-event all-at-once%3A data-race::' out.github)" 1
is "github: nothing else is a command" "$(grep -c '^::' out.github)" 2
# shellcheck disable=SC2016
never "markdown: no tag, and the fence holds" "$(sed '/^````/,/^````/d' out.markdown)" '<script|::error::'
is "sarif: the interleaving, a flow a task" "$(jq '[.runs[0].results[0].codeFlows[0].threadFlows[].id] | length > 1' out.sarif)" true
is "sarif: relative places" "$(jq -r '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri' out.sarif)" sub/08-event/event.c
is "sarif: steps are in order" "$(jq '[.runs[0].results[].codeFlows[].threadFlows[].locations | map(.executionOrder) | . == sort] | all' out.sarif)" true

# On GitHub: the text beside commands is fenced off, the summary is appended.
: >"$tmp/summary"
echo "before" >"$tmp/summary"
run 1 env GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY="$tmp/summary" "$LOCKSTEP" grade 8 --submission sub --format text --format github
token=$(printf '%s\n' "$out" | sed -n 's/^::stop-commands:://p')
same "student output between stop-commands" "$token" '^[0-9a-f]{16}$'
is "and resumed with the same token" "$(printf '%s\n' "$out" | grep -c "^::$token::\$")" 1
is "the summary is appended" "$(sed -n '1p;2p' "$tmp/summary" | tr '\n' '|')" "before|# Lockstep: 90/100|"

# Many failures: at most ten annotations.
run 1 "$LOCKSTEP" grade 5 8 --submission "$top/exercises" --format github
is "ten and no more" "$(printf '%s\n' "$out" | grep -c '^::error ')" 10
same "the last says how many more" "$out" '^::error title=Lockstep::and [0-9]+ more failed tests'

# What could not be graded is an error where a platform has one, and nowhere a zero.
cp -R "$top/exercises" "$tmp/exercises"
sed -i 's/points: 15/points: lots/' "$tmp/exercises/08-event/exercise.yml"
set --
for f in $formats; do set -- "$@" --format "$f:$tmp/bad.$f"; done
run 3 env LOCKSTEP_HOME="$tmp" LOCKSTEP_RUNTIME="$top/build/plain/runtime" "$LOCKSTEP" grade 8 --submission sub "$@"
is "prairielearn: not gradable" "$(jq .gradable bad.prairielearn)" false
is "classroom: error" "$(base64 -d bad.classroom | jq -r .status)" error
is "autolab: no score" "$(tail -n 1 bad.autolab | jq -c .scores)" "{}"
is "gradescope: told, without a score" "$(jq -c '[.tests[] | has("score")]' bad.gradescope)" "[false]"
is "sarif: the tool's trouble, no result" "$(jq -c '[(.runs[0].results | length), .runs[0].invocations[0].executionSuccessful]' bad.sarif)" "[0,false]"
is "github: a warning, no error" "$(grep -c '^::error' bad.github)$(grep -c '^::warning' bad.github)" 01
same "tap: grader-error" "$(cat bad.tap)" 'verdict: grader-error'
run 2 "$LOCKSTEP" grade 8 --format yaml
same "all formats are named" "$err" "unknown format 'yaml', expected text, json, .* autolab or prairielearn"
# What is shown as the submitted file is what was graded, and nothing behind a link.
mkdir -p linked/08-event && ln -s "$top/solutions/08-event/event.c" linked/08-event/event.c
run 1 "$LOCKSTEP" grade 8 --submission linked --format html:linked.html
never "no solution on the page" "$(cat linked.html)" 'pthread_cond_broadcast'
same "refused" "$(cat linked.html)" 'not a plain file|must be a regular file'
# An assertion of colons, which could each begin a sentence: said in time, in English.
mkdir -p colons/08-event
sed "s/^struct event \*event_create(void)/#include <assert.h>\n&/; 0,/^{/s//{ assert(!\"$(printf ': %.0s' $(seq 900))\");/" \
    "$top/solutions/08-event/event.c" >colons/08-event/event.c
run 1 timeout 600 "$LOCKSTEP" grade 8 --submission colons --lang zh --format text
same "the rest is Chinese" "$out" '总分 '
# The rubric's word on who may see a test reaches Gradescope.
mkdir course && cp -R "$top/exercises" course/
sed -i '0,/^    points:/s//    visibility: after_due_date\n    points:/' course/exercises/08-event/exercise.yml
run 1 env LOCKSTEP_HOME="$tmp/course" LOCKSTEP_RUNTIME="$top/build/plain/runtime" "$LOCKSTEP" grade 8 --submission sub --format gradescope:seen.json
run 0 /usr/bin/python3 -m jsonschema -i seen.json "$top/grader/report/schemas/gradescope.json"
is "one test is seen later" "$(jq -c '[.tests[].visibility] | group_by(.) | map([.[0], length])' seen.json)" '[["after_due_date",1],["visible",10]]'
sed -i 's/visibility: after_due_date/visibility: sometimes/' course/exercises/08-event/exercise.yml
run 3 env LOCKSTEP_HOME="$tmp/course" LOCKSTEP_RUNTIME="$top/build/plain/runtime" "$LOCKSTEP" grade 8 --submission sub
same "an unknown word is named" "$err" "unknown visibility 'sometimes', expected visible, hidden"

# Ended in the middle, as platforms do when their own time is over: what was finished is there.
mkdir -p part/01-shared-value part/08-event
cp "$top/fixtures/class/student-1/01-shared-value/shared_value.c" part/01-shared-value/
cp "$top/fixtures/class/student-2/08-event/event.c" part/08-event/
"$LOCKSTEP" grade 1 8 --submission part --format gradescope:part.json --format junit:part.xml >/dev/null 2>&1 &
pid=$!
until [ "$(jq '[.tests[] | select(.score)] | length' part.json 2>/dev/null || echo 0)" -gt 0 ]; do :; done
kill -TERM $pid
wait $pid
is "ended" $? 130
run 0 /usr/bin/python3 -m jsonschema -i part.json "$top/grader/report/schemas/gradescope.json"
is "the finished exercise has its points, the other no zero" \
    "$(jq -c '[([.tests[] | .score // 0] | add), (.tests[-1] | has("score")), has("score")]' part.json)" '[100,false,false]'
same "and says why" "$(jq -r '.tests[-1].output' part.json)" "grading ended before its turn came"
run 0 xmllint --noout part.xml
done_testing
