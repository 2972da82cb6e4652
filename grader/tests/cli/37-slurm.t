#!/bin/sh
# 37-slurm.t - a class of 60 units on a Slurm of our own with a node lost in the middle, by GNU parallel over
# an sshd of our own, and after kill -9: the gradebook of the local engine, byte for byte.
# (`make check-slurm`; cluster.sh holds the machines)
# shellcheck disable=SC2086,SC2046,SC2012,SC2016
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=grader/tests/cluster.sh
. "$(dirname "$0")/../cluster.sh"
trap 'cluster_stop; sshd_stop; rm -rf "$tmp"' EXIT

# 20 students, three exercises, 5 different submissions of each: 60 units, 15 of them distinct.
exercises=5,7,8
for x in 05-thread 07-custom-thread 08-event; do
    edit=$(sed -n 's/^edit: *//p' "$top/exercises/$x/exercise.yml")
    set -- $(find "$top/fixtures/$x" -name '*.c' | sort | sed -n '1~2p' | head -5)
    is "$x: five fixtures" $# 5
    for n in $(seq 1 20); do
        mkdir -p "$tmp/class/s$n/$x"
        eval "cp \"\${$((n % 5 + 1))}\" \"$tmp/class/s$n/$x/$edit\""
    done
done
seconds() { sed -n 's/.* graded now in \([0-9.]*\) s.*/\1/p'; }
run 0 "$LOCKSTEP" batch "$tmp/class" --exercises $exercises -o "$tmp/local" --secret "$tmp/secret"
same "sixty units" "$out" '20 students, 60 units .* 15 distinct, 15 of them graded now'
local_s=$(printf '%s\n' "$out" | seconds)
# What a wrong program prints while it crashes is luck (FORMAT.md); verdicts and points are not.
results() {
    for r in "$1"/students/*/result.json; do
        jq -c '[.exercises[] | [.id, .score, [.tests[] | [.id, .verdict, .points]]]]' "$r"
    done
}

# What cannot be meant.
run 2 "$LOCKSTEP" batch "$tmp/class" --exercises $exercises -o "$tmp/x" --secret "$tmp/secret" --engine pbs
is "another engine" "$err" "lockstep batch: '--engine pbs': expected local, slurm or parallel"
run 3 env SLURM_CONF=/nonexistent "$LOCKSTEP" batch "$tmp/class" --exercises $exercises -o "$tmp/x" --secret "$tmp/secret" --engine slurm
same "no Slurm" "$err" 'lockstep batch: Slurm does not answer: '

run 0 cluster_start "$tmp/cluster"
run 3 "$LOCKSTEP" batch "$tmp/class" --exercises $exercises -o "$tmp/x" --secret "$tmp/secret" --engine slurm --partition nosuch
same "no such partition" "$err" 'lockstep batch: Slurm refuses the job: .*artition'
is "nothing is shared any more" "$(ls -d "$tmp"/x/engine-* 2>/dev/null)" ""

# A node is lost in the middle: its daemon, its steps, and what they ran.
"$LOCKSTEP" batch "$tmp/class" --exercises $exercises -o "$tmp/slurm" --secret "$tmp/secret" --engine slurm --partition lab \
    --array-size 8 >"$tmp/slurm.out" 2>"$tmp/slurm.err" &
batch=$!
some_results() { [ "$(ls "$tmp"/slurm/engine-*/results/*.json 2>/dev/null | wc -l)" -ge "$1" ]; }
in_the_middle() { some_results 3 && at_work=$(squeue -h -t running -o %N) && echo "$at_work" | grep -q n2; }
wait_until "task on n2 in the middle" 300 in_the_middle
before=$(ls "$tmp"/slurm/engine-*/results/*.json 2>/dev/null | wc -l)
same "a node is at work when it is lost" "$at_work" 'n2'
cluster_kill_node n2
wait $batch
is "all is graded all the same" $? 0
is "it was in the middle" "$([ "$before" -lt 15 ] && echo yes)" yes
same "told as usual" "$(cat "$tmp/slurm.out")" '15 distinct, 15 of them graded now'
same "Slurm has seen the loss" "$(cat "$tmp/cluster/slurmctld.log")" 'n2.*(not responding|DOWN)|requeue|Requeu'
run 0 cmp "$tmp/local/gradebook.csv" "$tmp/slurm/gradebook.csv"
is "every test has the same verdict" "$(results "$tmp/slurm")" "$(results "$tmp/local")"
is "nothing is shared any more" "$(ls -d "$tmp"/slurm/engine-* 2>/dev/null)" ""
is "the queue is empty" "$(squeue -h)" ""
run 0 "$LOCKSTEP" batch -o "$tmp/slurm" --resume --engine slurm
same "again: all from the store" "$out" ', 0 of them graded now'

# Killed, with tasks in the queue: what was graded meanwhile counts, the tasks are called back.
slurmd -f "$SLURM_CONF" -N n2
wait_until "the node again" 60 sh -c '[ "$(sinfo -h -N -t idle -o %N | wc -l)" = 2 ]'
"$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/killed" --secret "$tmp/secret" --engine slurm >/dev/null 2>&1 &
batch=$!
some_killed() { [ "$(ls "$tmp"/killed/engine-*/results/*.json 2>/dev/null | wc -l)" -ge 1 ]; }
wait_until "a result" 200 some_killed
kill -9 $batch
wait $batch 2>/dev/null
run 0 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/killed" --secret "$tmp/secret"
n=$(printf '%s\n' "$out" | sed -n 's/.* 5 distinct, \([0-9]*\) of them graded now.*/\1/p')
is "not all were graded again" "$([ "${n:-9}" -lt 5 ] && echo yes)" yes
is "the queue is empty again" "$(squeue -h -t running,pending)" ""
is "the same grades" "$(cut -d, -f1,3 "$tmp/killed/gradebook.csv")" "$(cut -d, -f1,5 "$tmp/local/gradebook.csv")"

# Nodes that would not give the same results give none: listed, and no zero.
run 3 env SBATCH_EXPORT=ALL,LOCKSTEP_TIER=none "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/other" --secret "$tmp/secret" --engine slurm
same "not graded, and why" "$(cat "$tmp/other/gradebook.csv")" \
    '^s1,,,,100,"?08-event not graded: no machine graded it in 3 attempts: this machine has another Lockstep, compiler'
cluster_stop
is "nothing of the cluster is left" "$(pgrep -f "$tmp/cluster" | tr '\n' ' ')" ""

# The same through GNU parallel and ssh.
run 0 sshd_start "$tmp/ssh"
"$LOCKSTEP" batch "$tmp/class" --exercises $exercises -o "$tmp/parallel" --secret "$tmp/secret" --engine parallel \
    --hosts 1/127.0.0.1,1/localhost >"$tmp/parallel.out" 2>"$tmp/parallel.err"
is "parallel: all is graded" $? 0
run 0 cmp "$tmp/local/gradebook.csv" "$tmp/parallel/gradebook.csv"
is "every test has the same verdict" "$(results "$tmp/parallel")" "$(results "$tmp/local")"
is "nothing is shared any more" "$(ls -d "$tmp"/parallel/engine-* 2>/dev/null)" ""
kill "$(cat "$tmp/ssh/sshd.pid")"
run 3 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/away" --secret "$tmp/secret" --engine parallel --hosts 1/127.0.0.1
same "no machine answers: not graded" "$(cat "$tmp/away/gradebook.csv")" '^s1,,,,100,"?08-event not graded: no machine graded it'
echo "# seconds for 15 distinct units: local $local_s, slurm with a lost node $(seconds <"$tmp/slurm.out"), parallel $(seconds <"$tmp/parallel.out")"
done_testing
