# shellcheck shell=sh
# cluster.sh - sourced: a Slurm of our own on this machine, in a folder of its own, with its own ports and
# keys; and an sshd of our own. Nothing of the machine's own Slurm, munge or ssh is used or touched.
#
#   cluster_start FOLDER     controller and nodes n1, n2, a processor each; SLURM_CONF is exported
#   cluster_kill_node NAME   the node as if its plug were pulled: its daemon, its steps, their work
#   cluster_stop             ends all of it, whatever state it is in
#   sshd_start FOLDER        $LOCKSTEP_SSH then reaches 127.0.0.1 through it; sshd_stop
#
# Latencies are those of a test: Slurm asks for minutes where we ask for seconds.

free_port() {
    /usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_until WHAT SECONDS COMMAND...: for the event, not for a time; a hang alone takes that long.
wait_until() {
    _what=$1 _left=$(($2 * 20))
    shift 2
    until "$@" >/dev/null 2>&1; do
        _left=$((_left - 1))
        [ $_left -gt 0 ] || {
            echo "cluster: no $_what" >&2
            return 1
        }
        /usr/bin/python3 -c 'import time; time.sleep(0.05)'
    done
}

cluster_start() {
    cluster=$1
    mkdir -p "$cluster/state" "$cluster/n1" "$cluster/n2" && chmod 700 "$cluster"
    user=$(id -un) host=$(hostname)
    dd if=/dev/urandom of="$cluster/munge.key" bs=128 count=1 2>/dev/null
    chmod 600 "$cluster/munge.key"
    cat >"$cluster/slurm.conf" <<CONF
ClusterName=lockstep
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$cluster/munge.socket,cred_expire=4
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/%n.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1,defer_batch=0
SlurmdParameters=config_overrides
SlurmctldTimeout=10
SlurmdTimeout=4
MessageTimeout=4
KillWait=1
MinJobAge=300
ReturnToService=2
JobRequeue=1
MaxArraySize=10001
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=1 RealMemory=1000 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=1 RealMemory=1000 State=UNKNOWN
PartitionName=lab Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF="$cluster/slurm.conf"
    munged --force --socket="$cluster/munge.socket" --key-file="$cluster/munge.key" --pid-file="$cluster/munged.pid" \
        --log-file="$cluster/munged.log" --seed-file="$cluster/munged.seed" || return 1
    slurmctld -f "$SLURM_CONF" -c || return 1
    slurmd -f "$SLURM_CONF" -N n1 && slurmd -f "$SLURM_CONF" -N n2 || return 1
    # shellcheck disable=SC2016
    wait_until "idle nodes" 60 sh -c '[ "$(sinfo -h -N -t idle -o %N | wc -l)" = 2 ]'
}

cluster_kill_node() {
    _pid=$(cat "$cluster/$1.pid")
    _steps=$(pgrep -f "slurmstepd: .*$1" || true)
    for _s in $(pgrep slurmstepd); do
        tr '\0' '\n' <"/proc/$_s/environ" 2>/dev/null | grep -q "^SLURMD_NODENAME=$1$" && _steps="$_steps $_s"
        [ "$(readlink "/proc/$_s/cwd" 2>/dev/null)" = "$cluster/$1" ] && _steps="$_steps $_s"
    done
    kill -9 "$_pid"
    for _s in $_steps; do
        for _c in $(pgrep -P "$_s" 2>/dev/null); do kill -9 "-$_c" "$_c" 2>/dev/null; done
        kill -9 "$_s" 2>/dev/null
    done
    return 0
}

# Nothing of the cluster may be left: daemons, steps, and what these have started.
cluster_gone() {
    for _p in $cluster_pids; do kill -0 "$_p" 2>/dev/null && return 1; done
    return 0
}

cluster_stop() {
    [ -n "${cluster:-}" ] || return 0
    scancel --quiet --user="$(id -un)" 2>/dev/null
    cluster_pids=''
    for _d in n1 n2 slurmctld munged; do
        [ -f "$cluster/$_d.pid" ] && cluster_pids="$cluster_pids $(cat "$cluster/$_d.pid")"
    done
    for _s in $(pgrep slurmstepd); do
        tr '\0' '\n' <"/proc/$_s/environ" 2>/dev/null | grep -qF "$cluster" && cluster_pids="$cluster_pids $_s"
    done
    for _p in $cluster_pids; do kill "$_p" 2>/dev/null; done
    wait_until "end of the cluster" 10 cluster_gone || for _p in $cluster_pids; do kill -9 "$_p" 2>/dev/null; done
    cluster=''
}

sshd_start() {
    ssh_dir=$1
    mkdir -p "$ssh_dir" && chmod 700 "$ssh_dir"
    ssh_port=$(free_port)
    ssh-keygen -q -t ed25519 -N '' -f "$ssh_dir/host" && ssh-keygen -q -t ed25519 -N '' -f "$ssh_dir/key"
    cp "$ssh_dir/key.pub" "$ssh_dir/authorized"
    [ -d /run/sshd ] || mkdir -p /run/sshd
    cat >"$ssh_dir/config" <<CONF
Port $ssh_port
ListenAddress 127.0.0.1
HostKey $ssh_dir/host
PidFile $ssh_dir/sshd.pid
AuthorizedKeysFile $ssh_dir/authorized
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
MaxStartups 100
MaxSessions 100
CONF
    /usr/sbin/sshd -f "$ssh_dir/config" -E "$ssh_dir/log" || return 1
    export LOCKSTEP_SSH="ssh -p $ssh_port -i $ssh_dir/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=$ssh_dir/known -o BatchMode=yes -o LogLevel=ERROR"
    # shellcheck disable=SC2086
    wait_until "sshd" 20 $LOCKSTEP_SSH 127.0.0.1 true
}

sshd_stop() {
    [ -f "${ssh_dir:-}/sshd.pid" ] && kill "$(cat "$ssh_dir/sshd.pid")" 2>/dev/null
    return 0
}
