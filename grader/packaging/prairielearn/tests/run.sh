#!/bin/sh
# run.sh - PrairieLearn runs this for each submission, as root; results.json is what it reads.
# What could not be graded is "gradable": false, which costs no attempt and is no zero.
set -u
mkdir -p /grade/results
lockstep=/opt/lockstep
[ -x "$lockstep/build/lockstep" ] || lockstep=/grade/tests/lockstep
if [ ! -x "$lockstep/build/lockstep" ]; then
    make --no-print-directory -C "$lockstep" deps-run && make --no-print-directory -C "$lockstep" -j2 all || exit 3
fi
timeout --signal=TERM "${LOCKSTEP_SECONDS:-570}" "$lockstep/build/lockstep" grade --course "$lockstep" @EXERCISES@ \
    --submission /grade/student --for-student --oracle --secret /grade/tests/secret \
    --format prairielearn:/grade/results/results.json --format text
[ -s /grade/results/results.json ]
