#!/bin/sh
# 80-hostile.t - hostile folders, names and messages; tiers and what is said of them.
#
# The submissions of fixtures/hostile have a test of their own: grader/tests/hostile.py.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

# ---- what lies beside a submission is not looked at ----------------------------------------------

d=$tmp/junk
mkdir "$d"
cp "$top/fixtures/class/student-3/01-shared-value/shared_value.c" "$d/shared_value.c"
run 1 "$LOCKSTEP" grade 1 --submission "$d" --format "json:$tmp/clean.json"
printf '%s\n' '--suppressions=./all.supp' >"$d/.valgrindrc"
printf '{\n all\n Helgrind:Race\n ...\n}\n' >"$d/all.supp"
printf 'all:\n\ttouch %s/PWNED\n' "$tmp" >"$d/Makefile"
printf 'shell touch %s/PWNED\n' "$tmp" >"$d/.gdbinit"
printf '#error from the wrong header\n' >"$d/shared_value.h"
printf 'not a header' >"$d/shared_value.h.gch"
printf 'int x;\n' >"$d/-specs=evil.c"
printf '%s\n' '-DPWNED' >"$d/@x.c"
printf 'GROUP(/etc/passwd)\n' >"$d/shared_value.o"
printf '#!/bin/sh\ntouch %s/PWNED\n' "$tmp" >"$d/gcc"
chmod 755 "$d/gcc"
mkdir "$d/.git"
mkfifo "$d/fifo.h"
run 1 sh -c "cd '$d' && exec '$LOCKSTEP' grade 1 --submission . --format 'json:$tmp/junk.json'"
verdicts() { # of a racy submission evidence may differ from run to run, verdicts never
    python3 -c 'import json, sys
for t in json.load(open(sys.argv[1]))["exercises"][0]["tests"]: print(t["id"], t["verdict"])' "$1"
}
is "the verdicts are the same" "$(verdicts "$tmp/junk.json")" "$(verdicts "$tmp/clean.json")"
is "and nothing of it ran" "$(ls "$tmp/PWNED" 2>/dev/null)" ""

# ---- a submission that is no file ------------------------------------------------------------------

for kind in link fifo folder device; do
    rm -rf "$tmp/odd"
    mkdir "$tmp/odd"
    case $kind in
    link) ln -s "$top/solutions/08-event/event.c" "$tmp/odd/event.c" ;;
    fifo) mkfifo "$tmp/odd/event.c" ;;
    folder) mkdir "$tmp/odd/event.c" ;;
    device) ln -s /dev/zero "$tmp/odd/event.c" ;;
    esac
    run 1 "$LOCKSTEP" grade 8 --submission "$tmp/odd"
    same "a $kind is forbidden, in words" "$out" 'must be a regular file'
    never "and never passes" "$out" ' [1-9][0-9]*/100'
done

# ---- text ------------------------------------------------------------------------------------------

mkdir "$tmp/text"
{
    printf '#include "event.h"\n#error \033]0;title\007\033[2J ::error::x ##[error]y ]]> <b>&\n'
    printf '::error::z\n'
} >"$tmp/text/event.c"
run 1 "$LOCKSTEP" grade 8 --submission "$tmp/text" --format text --format "junit:$tmp/text.xml"
is "no escape reaches the terminal" "$(printf %s "$out" | LC_ALL=C grep -c "$(printf '\033')")" 0
never "no workflow command, indented or not" "$out" '^[[:space:]]*::'
never "nor one of the older kind" "$out" '##\['
run 0 xmllint --noout "$tmp/text.xml"
mkdir -p "$tmp/class/=cmd|x" "$tmp/class/::error::n"
cp "$tmp/text/event.c" "$tmp/class/=cmd|x/event.c"
cp "$tmp/text/event.c" "$tmp/class/::error::n/event.c"
run 0 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/out" --secret "$tmp/secret" --min-tier none
never "a student's name is no workflow command" "$out" '^[[:space:]]*::'
same "and no formula" "$(cat "$tmp/out/gradebook.csv")" "^\"'=cmd"

# ---- honest names ----------------------------------------------------------------------------------

mkdir "$tmp/names"
{
    echo 'static int nested(void);'
    sed 's/"event.h"/".\/event.h"/; /^struct event \*event_create(void)$/{n;s/{/{ if (!nested()) return NULL;/}' \
        "$top/solutions/08-event/event.c"
} >"$tmp/names/event.c"
cat >>"$tmp/names/event.c" <<'X'

int read(int n);
int read(int n)
{
    return n;
}

int send(int section, int alias);
int send(int section, int alias)
{
    return section + alias + read(1);
}

#if 0
# 1. take the lock, don't /* ask
#line 4
*/
#pragma GCC dependency "event.h"
#endif

static const char *const notes = R"(
# 1. no asm, no
__attribute__((weak)) here)";

static int twice(int (*f)(int))
{
    return f(f(1));
}

static int nested(void)
{
    int more = notes[0];
    int add(int n)
    {
        return n + more;
    }

    return send(1, 2) + twice(add);
}

int main(void)
{
    return 0;
}
X
run 0 "$LOCKSTEP" grade 8 --submission "$tmp/names"
same "a helper named read or send, and a main, hurt nobody" "$out" '^total 100/100'

# ---- tiers -----------------------------------------------------------------------------------------

for tier in full fallback none; do
    run 0 env LOCKSTEP_TIER=$tier "$LOCKSTEP" grade 8 --submission "$top/solutions" -v --format text \
        --format "json:$tmp/$tier.json"
    same "$tier: full marks" "$out" '^total 100/100   \(tier '"$tier: "
    same "$tier: the trust note" "$out" '^trust: .*forge'
    is "$tier: said in the result" "$(sed -n 's/^  "tier": "\(.*\)",/\1/p' "$tmp/$tier.json")" $tier
done
run 3 env LOCKSTEP_TIER=fallback "$LOCKSTEP" batch "$top/fixtures/class" --exercises 8 -o "$tmp/refused"
same "batch fails closed, with the remedy" "$err" "'fallback' tier only .*'full' is asked for; unset LOCKSTEP_TIER"
is "and has written nothing" "$(ls "$tmp/refused" 2>/dev/null)" ""
run 3 env LOCKSTEP_TIER=none "$LOCKSTEP" grade 8 --submission "$top/solutions" --min-tier fallback
run 2 "$LOCKSTEP" grade 8 --submission "$top/solutions" --min-tier best
same "unknown tiers are named" "$err" "'--min-tier best': expected full, fallback or none"
run 0 "$LOCKSTEP" doctor
same "doctor has run the full profile" "$out" '^tier  full: '
run 0 env LOCKSTEP_TIER=fallback "$LOCKSTEP" doctor
same "doctor says why not, and what to do" "$out" 'remedy: unset LOCKSTEP_TIER'

# Who leaves a test's body by a jump has not come by its assertions: also without a reference, and
# in a replay.
mkdir -p "$tmp/jump" "$tmp/late"
cp "$top/fixtures/hostile/a34-jump-buffer.c" "$tmp/jump/event.c"
cp "$top/fixtures/hostile/g14-leaves-when-explored.c" "$tmp/late/event.c"
run 1 "$LOCKSTEP" grade 8 --submission "$tmp/jump"
same "left: tampering" "$out" 'flag-is-a-flag  *0/10 *tampering'
same "and by which assertion" "$out" 'before it reached its assertion in check_event.c:[0-9]*\.'
run 1 "$LOCKSTEP" replay 08-event flag-is-a-flag --token 1- --submission "$tmp/late"
same "left when explored: the token shows it" "$out" 'a jump buffer leads past the test'

# A work folder that a run's own user cannot get to is told at once, and is nobody's zero.
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$tmp/closed/in"
    chmod 700 "$tmp/closed"
    run 3 env TMPDIR="$tmp/closed/in" "$LOCKSTEP" grade 8 --submission "$top/solutions"
    same "a closed TMPDIR" "$out$err" "get through '.*/closed'; set TMPDIR"
    same "is no zero" "$out" 'this is not a zero'
    never "nor a failed test" "$out" 'FAIL'
else
    _result 0 "only root lends user ids"
fi

# Two gradings at once meet nowhere.
LOCKSTEP_TIER=full "$LOCKSTEP" grade 1 13 --submission "$top/solutions" >"$tmp/one" 2>&1 &
one=$!
run 0 "$LOCKSTEP" grade 1 13 --submission "$top/solutions"
wait $one
is "two at once: the first" "$(grep -c '^total 200/200' "$tmp/one")" 1
same "two at once: the second" "$out" '^total 200/200'
done_testing
