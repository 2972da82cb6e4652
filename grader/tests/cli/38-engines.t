#!/bin/sh
# 38-engines.t - what may go wrong between a batch and its machines, on a cluster that is three scripts: results
# of other units and of nobody, files that are none, warnings and hangs of Slurm's commands, names, copies of OUT,
# people's own files. (Real Slurm and real ssh: 37-slurm.t.)
# shellcheck disable=SC2086,SC2016,SC2012
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"
trap 'rm -rf "$tmp"' EXIT

# sbatch runs the tasks one after the other behind its own end; squeue knows whether it is done.
mkdir -p "$tmp/bin" "$tmp/queue"
cat >"$tmp/bin/sbatch" <<'SH'
#!/bin/sh
echo "sbatch $*" >>"$QUEUE/said"
for a; do
    case $a in
    --array=0-*) last=${a#--array=0-} ;;
    --chdir=*) share=${a#--chdir=} ;;
    --exclude=*) case $a in *login*) echo "sbatch: error: Batch job submission failed: Invalid node name specified" && exit 1 ;; esac ;;
    esac
    script=$a
done
(
    if [ -x "$QUEUE/instead" ]; then
        mv "$QUEUE/instead" "$QUEUE/now"
        "$QUEUE/now" "$share"
        echo COMPLETED >"$QUEUE/state"
        exit
    fi
    for k in $(seq 0 "$last"); do SLURMD_NODENAME=n1 SLURM_ARRAY_TASK_ID=$k sh "$script"; done
    [ ! -x "$QUEUE/behind" ] || "$QUEUE/behind" "$share"
    echo COMPLETED >"$QUEUE/state"
) >"$QUEUE/log" 2>&1 </dev/null &
echo RUNNING >"$QUEUE/state"
echo "1 day of maintenance is near"
echo 7
SH
printf '#!/bin/sh\necho "squeue: warning: slow controller" >&2\necho "$(cat "$QUEUE/state") None"\n' >"$tmp/bin/squeue"
printf '#!/bin/sh\necho "scancel $*" >>"$QUEUE/said"\n' >"$tmp/bin/scancel"
printf '#!/bin/sh\nprintf "n1\\nn2\\n"\n' >"$tmp/bin/sinfo"
chmod +x "$tmp"/bin/*
export QUEUE="$tmp/queue"
class() { # FOLDER: four submissions that differ, and are soon graded
    for n in 1 2; do
        for x in 05-thread 08-event; do
            mkdir -p "$1/s$n/$x"
            echo "#error $n" >"$1/s$n/$x/$(sed -n 's/^edit: *//p' "$top/exercises/$x/exercise.yml")"
        done
    done
}
class "$tmp/class"
grade() { # OUT OPTIONS...
    o=$1
    shift
    run 0 env PATH="$tmp/bin:$PATH" "$LOCKSTEP" batch "$tmp/class" --exercises 5,8 -o "$tmp/$o" --secret "$tmp/secret" --engine slurm "$@"
}
book() { cat "$tmp/$1/gradebook.csv"; }

# A warning on every answer, words before the number: all is graded, and the job is ended by its name and user.
grade plain
is "all graded" "$(book plain | cut -d, -f1-5 | tr '\n' ' ')" "student,number,05-thread,08-event,total s1,,0,0,0 s2,,0,0,0 "
same "by name and user" "$(cat "$tmp/queue/said")" "^scancel --quiet --name=lockstep-[A-Za-z0-9]{6} --user=$(id -un)\$"
is "nothing is shared any more" "$(ls -d "$tmp"/plain/engine-* 2>/dev/null)" ""

# Results that are not the unit's, not whole, no files: removed, and graded.
sqlite3 "$tmp/plain/batch.db" "SELECT json_object('result', json(result), 'timing', json(timing)) FROM result LIMIT 1" >"$tmp/queue/of-one"
same "a result of one unit" "$(cat "$tmp/queue/of-one")" 'lockstep/result/1.*"submission"'
cat >"$tmp/queue/instead" <<'SH'
#!/bin/sh
for k in 0 1 2 3; do cp "$QUEUE/of-one" "$1/results/$k.json"; done
SH
chmod +x "$tmp/queue/instead"
units() { for s in s1 s2; do jq -r '.exercises[] | .id + " " + .status + " " + .submission[0:4]' "$tmp/$1/students/$s/result.json"; done; }
grade others
is "the trick was played" "$([ -f "$tmp/queue/now" ] && echo yes)" yes
is "every unit has its own result" "$(units others)" "$(units plain)"
cat >"$tmp/queue/instead" <<'SH'
#!/bin/sh
echo '{"result": {}, "timing": {}}' >"$1/results/0.json"
echo '[7]' >"$1/results/1.json"
mkfifo "$1/results/2.json"
mkdir -p "$1/results/3.json/x"
SH
chmod +x "$tmp/queue/instead"
grade odd
is "every unit has its own result" "$(units odd)" "$(units plain)"

# A name in unfit/ that is no node of the partition is no reason for anything.
cat >"$tmp/queue/instead" <<'SH'
#!/bin/sh
echo "login1: tried by hand" >"$1/unfit/login1.example.org"
SH
chmod +x "$tmp/queue/instead"
grade names
same "told all the same" "$err" "graded nothing: login1: tried by hand"

# What squeue does not answer is asked again; what hangs is ended, and so is the batch.
mv "$tmp/bin/squeue" "$tmp/bin/squeue.good"
printf '#!/bin/sh\n[ -f "$QUEUE/hung" ] && exec "$0.good"\ntouch "$QUEUE/hung"\nexec sleep 3000\n' >"$tmp/bin/squeue"
chmod +x "$tmp/bin/squeue"
grade hangs
mv "$tmp/bin/squeue.good" "$tmp/bin/squeue"

# People's own files in OUT; a copy of an OUT whose job still runs.
mkdir -p "$tmp/own/engine-notes" "$tmp/elsewhere" "$tmp/own/engine-abcdef"
echo keep >"$tmp/own/engine-list.txt"
echo keep >"$tmp/elsewhere/job.json"
echo "slurm training h 1" >"$tmp/own/engine-abcdef/handle"
ln -s ../elsewhere "$tmp/own/engine-link00"
: >"$tmp/queue/said"
grade own
is "they stay" "$(ls -d "$tmp"/own/engine-* "$tmp"/elsewhere/* | sed "s|$tmp/||" | tr '\n' ' ')" \
    "elsewhere/job.json own/engine-abcdef own/engine-link00 own/engine-list.txt own/engine-notes "
never "nobody's job is ended" "$(cat "$tmp/queue/said")" 'training'

cat >"$tmp/queue/behind" <<'SH'
#!/bin/sh
cp -r "$(dirname "$1")" "$QUEUE/../copy"
SH
chmod +x "$tmp/queue/behind"
grade copied
rm "$tmp/queue/behind"
: >"$tmp/queue/said"
is "the copy has a share" "$(ls -d "$tmp"/copy/engine-?????? | wc -l)" 1
name=$(basename "$tmp"/copy/engine-??????)
run 0 env PATH="$tmp/bin:$PATH" "$LOCKSTEP" batch -o "$tmp/copy" --resume --engine local
never "the original's job is not the copy's" "$(cat "$tmp/queue/said")" "${name#engine-}"
is "the copy's share is gone" "$(ls -d "$tmp"/copy/engine-?????? 2>/dev/null)" ""

# What cannot be called back is said, and does not begin any more.
printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/scancel"
grade stray
same "said" "$err" 'what was started could not be told to end'
is "without the secret" "$(ls "$tmp"/stray/engine-??????/job.json 2>/dev/null)" ""
run 3 env PATH="$tmp/bin:$PATH" "$LOCKSTEP" batch -o "$tmp/stray" --resume
same "and again" "$err" 'an earlier batch left work in a queue that cannot be called back now \(slurm lockstep-'
done_testing
