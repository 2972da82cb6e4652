#!/bin/sh
# 62-suite.t - what a suite may ask for under the explorer: promised overlap, replay of a test.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

course=$tmp/course
mkdir "$course" "$course/fixtures"
cp -R "$top/exercises" "$course/"
export LOCKSTEP_HOME="$course" LOCKSTEP_RUNTIME="$top/build/plain/runtime" HOME="$tmp"
run 0 "$LOCKSTEP" new apart
x=$course/exercises/14-apart
cat >"$x/apart.h" <<'EOT'
#ifndef APART_H
#define APART_H
void apart_do(int which, void (*work)(void)); /* two different ones may be done at the same time */
#endif
EOT
cat >"$x/check_apart.c" <<'EOT'
#include <pthread.h>
#include "apart.h"
#include "lockstep.h"
static void work(void) { ls_enter("the work"); ls_leave("the work"); }
static void *one(void *arg) { apart_do((int)(long)arg, work); return NULL; }
START_TEST(overlaps)
{
    pthread_t a, b;
    ck_assert_int_eq(pthread_create(&a, NULL, one, (void *)0), 0);
    ck_assert_int_eq(pthread_create(&b, NULL, one, (void *)1), 0);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
}
END_TEST
Suite *lockstep_suite(void)
{
    Suite *s = suite_create("14-apart");
    ls_test(s, "overlaps", overlaps);
    return s;
}
EOT
cat >"$x/exercise.yml" <<'EOT'
format: lockstep/exercise/1
id: 14-apart
draft: yes
title: {en: "apart", zh: "分开"}
edit: apart.c
api: [apart_do]
tests:
  - id: overlaps
    title: {en: "two at once", zh: "同时"}
    points: 100
    modes: [native, explore]
    hints: {en: ["a", "b", "c"], zh: ["a", "b", "c"]}
EOT
mkdir -p "$tmp/good/14-apart" "$tmp/strict/14-apart" "$tmp/racy/14-apart"
cat >"$tmp/strict/14-apart/apart.c" <<'EOT'
#include "apart.h"
#include <pthread.h>
static pthread_mutex_t m[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
void apart_do(int which, void (*work)(void))
{
    (void)which;
    pthread_mutex_lock(&m[0]);
    work();
    pthread_mutex_unlock(&m[0]);
}
EOT
sed 's/&m\[0\]/\&m[which]/' "$tmp/strict/14-apart/apart.c" >"$tmp/good/14-apart/apart.c"
sed 's/(void)which;/static int n; n += which;/; s/pthread_mutex_[un]*lock(&m.0.);//' \
    "$tmp/strict/14-apart/apart.c" >"$tmp/racy/14-apart/apart.c"

run 0 "$LOCKSTEP" grade 14 --submission "$tmp/good"
never "overlap that is shown costs nothing" "$out" 'too-strict'
run 1 "$LOCKSTEP" grade 14 --submission "$tmp/strict"
same "overlap that no schedule shows" "$out" 'too-strict: work that must be able to run concurrently never does'
same "says how many schedules" "$out" "2 tasks come to 'the work', and in none of [0-9]+ schedules"
never "and nothing else" "$out" 'data-race|deadlock|leak'
run 1 "$LOCKSTEP" grade 14 --submission "$tmp/racy"
same "the command that shows it again" "$out" 'replay: lockstep replay 14-apart overlaps --token 1-'
token=$(printf '%s\n' "$out" | sed -n 's/.*--token \(1-[^ ]*\).*/\1/p' | head -1)
run 1 "$LOCKSTEP" replay 14 overlaps --submission "$tmp/racy" --token "$token"
same "replay: the race" "$out" '^data-race: apart_do / apart_do$'
same "replay: one schedule" "$out" '^replayed one schedule: 1 bug found$'
first=$out
run 1 "$LOCKSTEP" replay 14 overlaps --submission "$tmp/racy" --token "$token"
is "replay: byte-identical" "$out" "$first"
run 1 "$LOCKSTEP" replay 14 overlaps --submission "$tmp/racy"
same "without a token it looks for one" "$out" 'schedules explored: 1 bug found'
# Helgrind cannot judge atomics: its advice is refuted by the schedules, or confirmed.
sed -i 's/modes: .*/modes: [native, helgrind, explore]/' "$x/exercise.yml"
cat >"$tmp/good/14-apart/apart.c" <<'EOT'
#include "apart.h"
#include <stdatomic.h>
static atomic_int ready;
static int data;
void apart_do(int which, void (*work)(void))
{
    work();
    if (which == 0) {
        data = 1;
        atomic_store(&ready, 1);
    } else {
        while (!atomic_load(&ready))
            ;
        data++;
    }
}
EOT
run 0 "$LOCKSTEP" grade 14 --submission "$tmp/good" -v
same "a hand-off by an atomic: refuted" "$out" 'Helgrind reports, refuted: none of .* shows a race'
sed -i 's/atomic_store(&ready, 1)/atomic_store_explicit(\&ready, 1, memory_order_relaxed)/' \
    "$tmp/good/14-apart/apart.c"
run 1 "$LOCKSTEP" grade 14 --submission "$tmp/good" -v
same "without its order it is a race" "$out" 'data-race: apart_do / apart_do'
never "and not refuted" "$out" 'refuted'
run 2 "$LOCKSTEP" replay 14 nothing
same "an unknown test" "$err" "14-apart has no test 'nothing'"
run 2 "$LOCKSTEP" replay 13 each-key-each-line
same "a test that is not explored" "$err" 'is not explored|has no test'
run 2 "$LOCKSTEP" replay 14
done_testing
