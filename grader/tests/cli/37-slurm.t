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

run 0 cluster_start "$tmp/cluster"
run 3 "$LOCKSTEP" batch "$tmp/class" --exercises $exercises -o "$tmp/x" --secret "$tmp/secret" --engine slurm --partition nosuch
same "no such partition" "$err" '^lockstep batch: Slurm refuses the job: .*artition.* \(see --partition, --account'
is "nothing is shared any more" "$(ls -d "$tmp"/x/engine-* 2>/dev/null)" ""

# A node is lost in the middle: its daemon, its steps, and what they ran.
"$LOCKSTEP" batch "$tmp/class" --exercises $exercises -o "$tmp/slurm" --secret "$tmp/secret" --engine slurm --partition lab \
    --array-size 8 >"$tmp/slurm.out" 2>"$tmp/slurm.err" &
batch=$!
some_results() { [ "$(ls "$tmp"/slurm/engine-*/*/*.json 2>/dev/null | wc -l)" -ge "$1" ]; }
in_the_middle() { some_results 3 && at_work=$(squeue -h -t running -o %N) && echo "$at_work" | grep -q n2; }
wait_until "task on n2 in the middle" 300 in_the_middle
before=$(ls "$tmp"/slurm/engine-*/*/*.json 2>/dev/null | wc -l)
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
run 0 "$LOCKSTEP" batch -o "$tmp/slurm" --resume
same "again: all from the store" "$out" ', 0 of them graded now'

# Killed, with tasks in the queue: what was graded meanwhile counts, the tasks are called back.
slurmd -f "$SLURM_CONF" -N n2
wait_until "the node again" 60 sh -c '[ "$(sinfo -h -N -t idle -o %N | wc -l)" = 2 ]'
"$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/killed" --secret "$tmp/secret" --engine slurm >/dev/null 2>&1 &
batch=$!
some_killed() { [ "$(ls "$tmp"/killed/engine-*/*/*.json 2>/dev/null | wc -l)" -ge 1 ]; }
wait_until "a result" 200 some_killed
kill -9 $batch
wait $batch 2>/dev/null
run 0 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/killed" --secret "$tmp/secret"
n=$(printf '%s\n' "$out" | sed -n 's/.* 5 distinct, \([0-9]*\) of them graded now.*/\1/p')
is "not all were graded again" "$([ "${n:-9}" -lt 5 ] && echo yes)" yes
is "the queue is empty again" "$(squeue -h -t running,pending)" ""
is "the same grades" "$(cut -d, -f1,3 "$tmp/killed/gradebook.csv")" "$(cut -d, -f1,5 "$tmp/local/gradebook.csv")"

# Ctrl-C: the queue is empty, nothing is shared, what was graded is kept; going on needs no option again.
"$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/broken" --secret "$tmp/secret" --engine slurm --partition lab \
    --array-size 2 >"$tmp/o" 2>"$tmp/e" &
batch=$!
some_broken() { [ "$(ls "$tmp"/broken/engine-*/collected/*.json 2>/dev/null | wc -l)" -ge 1 ]; }
wait_until "a result that was collected" 200 some_broken
kill -INT $batch
wait $batch
is "interrupted" $? 130
same "how to go on" "$(cat "$tmp/e")" 'interrupted; what is graded is kept \([1-9] now\). Go on with: lockstep batch --resume -o '
is "the queue is empty" "$(squeue -h -t running,pending)" ""
is "nothing is shared any more" "$(ls -d "$tmp"/broken/engine-* 2>/dev/null)" ""
run 0 "$LOCKSTEP" batch -o "$tmp/broken" --resume
n=$(printf '%s\n' "$out" | sed -n 's/.* 5 distinct, \([0-9]*\) of them graded now.*/\1/p')
is "the rest is graded" "$([ "${n:-9}" -lt 5 ] && [ "${n:-0}" -gt 0 ] && echo yes)" yes
same "on the cluster" "$(cat "$tmp/cluster/slurmctld.log")" '_slurm_rpc_submit_batch_job.*'
is "by the engine of before" "$(sqlite3 "$tmp/broken/batch.db" "SELECT value FROM setting WHERE name IN ('engine', 'partition') ORDER BY 1")" "lab
slurm"
is "the same grades" "$(cut -d, -f1,3 "$tmp/broken/gradebook.csv")" "$(cut -d, -f1,5 "$tmp/local/gradebook.csv")"

# What a site and a user add: words before the number, wishes of one's own for squeue, a % in the path; a task
# that somebody holds, one that is requeued and one that is cancelled while they run.
mkdir -p "$tmp/bin" "$tmp/100%a b"
printf '#!/bin/sh\necho "sbatch: 7 days are left of your project"\nexec %s "$@"\n' "$(command -v sbatch)" >"$tmp/bin/sbatch"
chmod +x "$tmp/bin/sbatch"
env PATH="$tmp/bin:$PATH" SQUEUE_PARTITION=nosuch SQUEUE_FORMAT=%i SBATCH_WAIT=1 "$LOCKSTEP" batch "$tmp/class" --exercises $exercises \
    -o "$tmp/100%a b/out" --secret "$tmp/secret" --engine slurm >"$tmp/o" 2>"$tmp/e" &
batch=$!
running_task() { task=$(squeue -h -r -t running -o %i | head -1) && [ -n "$task" ]; }
wait_until "a running task" 60 running_task
held=$(squeue -h -r -t pending -o %i | head -1)
[ -z "$held" ] || scontrol hold "$held"
scontrol requeue "$task"
other() { task2=$(squeue -h -r -t running -o %i | grep -v "^$task\$" | head -1) && [ -n "$task2" ]; }
wait_until "another running task" 60 other
scancel "$task2"
# Slurm would let a requeued task wait for two minutes
back() { [ "$(squeue -h -j "$task" -o %r)" = BeginTime ]; }
wait_until "the requeued task in the queue" 60 back
scontrol update "JobId=$task" StartTime=now
wait $batch
is "requeued, held, cancelled: all is graded" $? 0
is "one was held" "$([ -n "$held" ] && echo yes)" yes
run 0 cmp "$tmp/local/gradebook.csv" "$tmp/100%a b/out/gradebook.csv"
is "the queue is empty" "$(squeue -h -t running,pending)" ""

# A node that is not like the batch's machine would take task after task: it is left out, the other grades all.
printf '#!/bin/sh\n[ "$SLURMD_NODENAME" != n2 ] || echo export LOCKSTEP_TIER=none\n' >"$tmp/cluster/prolog"
chmod +x "$tmp/cluster/prolog"
echo "TaskProlog=$tmp/cluster/prolog" >>"$SLURM_CONF"
scontrol reconfigure
run 0 "$LOCKSTEP" batch "$tmp/class" --exercises $exercises -o "$tmp/one" --secret "$tmp/secret" --engine slurm
same "and named" "$err" "^lockstep batch: graded nothing: n2: programs are confined as 'none' on this machine, as 'full' where"
run 0 cmp "$tmp/local/gradebook.csv" "$tmp/one/gradebook.csv"

# Nodes that would not give the same results give none: listed, and no zero. Both are named unfit at once.
run 3 env SBATCH_EXPORT=ALL,LOCKSTEP_TIER=none "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/other" --secret "$tmp/secret" --engine slurm
same "not graded, and why" "$(cat "$tmp/other/gradebook.csv")" \
    "^s1,,,,100,\"?08-event not graded: no machine graded it in [12] attempts?: n[12]: programs are confined as 'none' on this machine"

# An exercise that was changed on the nodes: its units have another key, and get no grade.
mkdir -p "$tmp/course" && cp -r "$top/exercises" "$top/solutions" "$top/fixtures" "$tmp/course"
sed -i 's/^limits: {cpu: 3/limits: {cpu: 4/' "$tmp/course/exercises/08-event/exercise.yml"
run 3 env "SBATCH_EXPORT=ALL,LOCKSTEP_HOME=$tmp/course,LOCKSTEP_RUNTIME=$top/build/plain/runtime" "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/edited" --secret "$tmp/secret" --engine slurm
same "not graded, and why" "$(cat "$tmp/edited/gradebook.csv")" \
    "^s1,,,,100,\"?08-event not graded: no machine graded it in 3 attempts: n[12]: this machine's exercise 08-event is not the batch's"
cluster_stop
run 3 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/x" --secret "$tmp/secret" --engine slurm
same "no Slurm" "$err" 'lockstep batch: Slurm does not answer: '
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
same "no machine answers: not graded" "$(cat "$tmp/away/gradebook.csv")" \
    '^s1,,,,100,"?08-event not graded: no machine graded it in 3 attempts: ssh: connect to host 127.0.0.1 port .*: Connection refused'
same "said once" "$err" '^lockstep batch: graded nothing: ssh: connect to host 127.0.0.1'
run 2 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/x" --secret "$tmp/secret" --partition lab
same "an engine's option without the engine" "$err" "'--account' and '--array-size' belong to '--engine slurm'"
run 2 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/x" --secret "$tmp/secret" --engine parallel --hosts ''
same "no hosts" "$err" "'--hosts ': expected machines"
echo "# seconds for 15 distinct units: local $local_s, slurm with a lost node $(seconds <"$tmp/slurm.out"), parallel $(seconds <"$tmp/parallel.out")"
done_testing
