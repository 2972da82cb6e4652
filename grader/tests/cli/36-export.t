#!/bin/sh
# 36-export.t - one submission on the command line, by batch, and through each package in its
# platform's own paths, users and environment: the same score and the same verdicts everywhere.
# shellcheck disable=SC2086,SC2010
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

room="sh $top/grader/tests/room.sh" # words
unset MAKEFLAGS MAKELEVEL MFLAGS # no platform runs below a make of ours
mkdir -p "$tmp/handed/08-event" "$tmp/class/ada/08-event"
cp "$top/fixtures/08-event/set-unlocked.c" "$tmp/handed/08-event/event.c"
cp "$tmp/handed/08-event/event.c" "$tmp/class/ada/08-event/"
chmod -R a+rX "$tmp/handed"
run 0 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/out" --secret "$tmp/secret"
run 1 "$LOCKSTEP" grade 8 --submission "$tmp/handed" --oracle --secret "$tmp/secret" --format json:"$tmp/cli.json"
want=$(jq -c '[.exercises[0].tests[] | [.id, .verdict, .points]]' "$tmp/cli.json")
is "it loses some points and keeps some" "$(jq .score "$tmp/cli.json")" 35
is "batch: the same" "$(jq -c '[.exercises[0].tests[] | [.id, .verdict, .points]]' "$tmp/out/students/ada/result.json")" "$want"

export_to() { # PLATFORM ENDING ARGS...: unpacked into $tmp/PLATFORM
    run 0 "$LOCKSTEP" export "$1" 8 -o "$tmp/$1$2" $3
    mkdir "$tmp/$1"
    case $2 in
    .zip) unzip -q "$tmp/$1.zip" -d "$tmp/$1" ;;
    .tar) tar xf "$tmp/$1.tar" -C "$tmp/$1" ;;
    esac
}

# The source in all packages is the same, and it is built from nothing once, in Gradescope's paths.
built() { # PLACE: of a package's source
    run 0 diff -r --exclude=solutions --exclude=build "$tmp/gradescope/lockstep" "$1"
    cp -a "$tmp/gradescope/lockstep/build" "$1/"
    find "$1/build" -type f -exec touch {} +  # newer than what was unpacked just now
}

export_to gradescope .zip "--secret $tmp/secret"
is "files at the root" "$(find "$tmp/gradescope" -maxdepth 1 -mindepth 1 -printf '%f %m\n' | sort | tr '\n' ' ')" \
    "README.md 644 lockstep 755 run_autograder 755 secret 600 setup.sh 755 "
mkdir -p "$tmp/a/source" "$tmp/a/submission" "$tmp/a/results"
cp -a "$tmp/gradescope/." "$tmp/a/source/" && cp "$tmp/a/source/run_autograder" "$tmp/a/"
cp -R "$tmp/handed/." "$tmp/a/submission/"
run 0 $room "$tmp/a=/autograder" --cwd /autograder -- sh /autograder/source/setup.sh
cp -a "$tmp/a/source/lockstep/build" "$tmp/gradescope/lockstep/"
run 0 $room "$tmp/a=/autograder" --cwd /autograder -- env HOME=/root /autograder/run_autograder
run 0 /usr/bin/python3 -m jsonschema -i "$tmp/a/results/results.json" "$top/grader/report/schemas/gradescope.json"
is "gradescope: the same" "$(jq -c '[.tests[] | [(.name | sub(".*/"; "")), .tags[0], .score]]' "$tmp/a/results/results.json")" "$want"
is "and the score" "$(jq .score "$tmp/a/results/results.json")" 35

export_to github .zip ""
never "nothing that students must not read" "$(find "$tmp/github" -name '*solution*' -o -name secret)" .
built "$tmp/github/.lockstep"
is "the stub is what students get" "$(cmp "$tmp/github/exercises/08-event/event.c" "$top/exercises/08-event/event.c" && echo same)" same
cp "$tmp/handed/08-event/event.c" "$tmp/github/exercises/08-event/"
/usr/bin/python3 "$top/grader/tests/steps.py" "$tmp/github/.github/workflows/lockstep.yml" >"$tmp/github/steps"
mkdir "$tmp/runner" && : >"$tmp/runner/summary" && chown -R 1001:1001 "$tmp/runner" "$tmp/github" 2>/dev/null
run 1 $room --uid 1001 "$tmp/github=/home/runner/work" "$tmp/runner=/opt/hostedtoolcache" --cwd /home/runner/work -- \
    env HOME=/home/runner CI=true GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=/opt/hostedtoolcache/summary bash steps
same "annotations at the student's path" "$out" '^::error file=exercises/08-event/event.c,line=83,'
is "github: the same" "$(jq -c '[.exercises[0].tests[] | [.id, .verdict, .points]]' "$tmp/github/lockstep.json")" "$want"
same "the summary" "$(cat "$tmp/runner/summary")" '^# Lockstep: 35/100'
run 0 xmllint --noout "$tmp/github/lockstep.xml"

export_to classroom50 .zip ""
never "nor here" "$(find "$tmp/classroom50" -name '*solution*' -o -name secret)" .
built "$tmp/classroom50/lockstep"
mkdir "$tmp/checkout" && cp -R "$tmp/handed/." "$tmp/checkout/"
chown -R 1001:1001 "$tmp/checkout" "$tmp/classroom50" 2>/dev/null
run 0 $room --uid 1001 "$tmp/checkout=/home/runner/work" "$tmp/classroom50=/opt/bundle" --cwd /home/runner/work -- \
    env HOME=/home/runner CLASSROOM50_BUNDLE_DIR=/opt/bundle CLASSROOM=sysprog ASSIGNMENT=event ASSIGNMENT_TYPE=individual \
    USERNAME=ada SUBMISSION_TAG=submit/2026-03-01T00-00-00Z-abc COMMIT_URL=https://example.org/c RELEASE_URL=https://example.org/r \
    REVIEW_URL=https://example.org/v /usr/bin/python3 /opt/bundle/autograder.py
run 0 /usr/bin/python3 -m jsonschema -i "$tmp/checkout/result.json" "$top/grader/report/schemas/classroom50.json"
is "classroom50: the same" "$(jq -c '[.tests[] | [(."test-name" | sub(".*/"; "")), .verdict, .score]]' "$tmp/checkout/result.json")" "$want"
is "whose it is" "$(jq -r '[.owner, .classroom, .submission] | join(" ")' "$tmp/checkout/result.json")" "ada sysprog submit/2026-03-01T00-00-00Z-abc"

export_to autolab .tar "--secret $tmp/secret"
mkdir "$tmp/autolab/image" && tar xf "$tmp/autolab/autograde.tar" -C "$tmp/autolab/image"
built "$tmp/autolab/image/lockstep"
mkdir "$tmp/job" && cp "$tmp/autolab/autograde-Makefile" "$tmp/job/Makefile" && cp "$tmp/autolab/autograde.tar" "$tmp/job/"
(cd "$tmp/handed" && tar czf "$tmp/job/handin.tar.gz" 08-event)
chown -R 1002:1002 "$tmp/job" 2>/dev/null
run 0 $room --uid 1002 "$tmp/job=/home/autolab" "$tmp/autolab/image=/opt" --cwd /home/autolab -- env HOME=/home/autolab make
is "autolab: the last line is the score" "$(printf '%s\n' "$out" | tail -1)" '{"scores":{"08-event":35},"scoreboard":[35]}'
is "autolab: the same" "$(printf '%s\n' "$out" | tail -2 | head -1 | jq -c '[."08-event" | to_entries[] | [.key, .value.passed]]')" \
    "$(printf '%s\n' "$want" | jq -c '[.[] | [.[0], .[1] == "pass"]]')"

export_to prairielearn .zip "--secret $tmp/secret"
built "$tmp/prairielearn/tests/lockstep"
is "the question" "$(jq -r '[.type, .gradingMethod, .externalGradingOptions.entrypoint, (.uuid | length)] | join(" ")' "$tmp/prairielearn/info.json")" \
    "v3 External /grade/tests/run.sh 36"
same "asks for the file" "$(cat "$tmp/prairielearn/question.html")" 'file-names="event.c"'
mkdir -p "$tmp/grade/student" && cp "$tmp/handed/08-event/event.c" "$tmp/grade/student/" && cp -a "$tmp/prairielearn/tests" "$tmp/grade/"
run 0 $room "$tmp/grade=/grade" --cwd / -- /grade/tests/run.sh
run 0 /usr/bin/python3 -m jsonschema -i "$tmp/grade/results/results.json" "$top/grader/report/schemas/prairielearn.json"
is "prairielearn: the same" "$(jq -c '[.tests[] | [(.name | sub(".*/"; "")), .points]]' "$tmp/grade/results/results.json")" \
    "$(printf '%s\n' "$want" | jq -c '[.[] | [.[0], .[2]]]')"
is "and the score" "$(jq -c '[.score, .gradable]' "$tmp/grade/results/results.json")" '[0.35,true]'

# Two at once into one file: one of them, whole; and what holds a secret is the owner's alone.
is "modes" "$(stat -c '%a' "$tmp/gradescope.zip" "$tmp/github.zip" | tr '\n' ' ')" "600 644 "
"$LOCKSTEP" export github 8 -o "$tmp/both.zip" >/dev/null & pid=$!
"$LOCKSTEP" export github -o "$tmp/both.zip" >/dev/null
wait $pid
run 0 unzip -tq "$tmp/both.zip"
is "nothing is left beside it" "$(ls "$tmp" | grep -c '^both')" 1

# What cannot be meant.
run 2 "$LOCKSTEP" export moodle 8 -o x.zip
is "an unknown platform" "$err" "lockstep export: unknown platform 'moodle': expected gradescope, github, classroom50, autolab or prairielearn"
run 2 "$LOCKSTEP" export autolab 8 -o x.zip
is "another ending" "$err" "lockstep export: '-o x.zip': for autolab the name ends in .tar"
run 2 "$LOCKSTEP" export github 8 -o x.zip --secret "$tmp/secret"
same "a secret for all to read" "$err" "students can read the package"
run 2 env HOME="$tmp" XDG_CONFIG_HOME="$tmp" "$LOCKSTEP" export gradescope 8 -o x.zip
same "no secret yet" "$err" "no course secret in .*: batch makes one at its first run"
run 3 "$LOCKSTEP" export github 8 -o /no/such/x.zip
same "no such folder" "$err" "cannot write '/no/such/x.zip'"
done_testing
