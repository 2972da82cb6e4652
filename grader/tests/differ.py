#!/usr/bin/env python3
"""differ.py - what dpor finds is what dfs finds, and what runs natively is among it.

    differ.py [COUNT] [SEED]        from the project's root, with a build; TAP

Programs are generated: two or three threads (in some, processes), each with a few operations on
mutexes, trylocks, semaphores, read-write locks, a condition, a barrier, pipes, joins and tryjoins,
seq_cst atomics. None has a race, a retry or a time limit, and no outcome depends on which waiter is
woken. What each thread saw is the program's outcome. The exhaustive search must show the same set of
outcomes with and without reduction, a deadlock included; 30 native runs must show no other one.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TOP = pathlib.Path(__file__).resolve().parents[2]
RUNTIME = TOP / "build/plain/runtime"
PER_FILE, DFS_MOST, NATIVE_RUNS = 20, 4000, 30
FLAGS = ("-std=gnu11 -D_GNU_SOURCE= -O0 -g -pthread -w -fsanitize=thread -Wno-tsan -ffixed-rbx -ffixed-r12 "
         "-ffixed-r13 -ffixed-r14 -ffixed-r15 -fno-omit-frame-pointer -fno-builtin").split()

HEAD = r"""
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
struct all {
    pthread_mutex_t m[2]; pthread_rwlock_t w; pthread_cond_t c; pthread_barrier_t b; sem_t s;
    int x[2], y, flag; atomic_int a[2]; int r[4][16], n[4];
};
static struct all *g; static int fd[2]; static pthread_t id[4];
#define SAW(v) (g->r[me][g->n[me]++] = (int)(v))
static void setup(int shared)
{
    pthread_mutexattr_t ma; pthread_condattr_t ca; pthread_rwlockattr_t wa; pthread_barrierattr_t ba;
    g = shared ? mmap(0, sizeof *g, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0) : calloc(1, sizeof *g);
    pthread_mutexattr_init(&ma); pthread_condattr_init(&ca); pthread_rwlockattr_init(&wa); pthread_barrierattr_init(&ba);
    pthread_mutexattr_setpshared(&ma, shared); pthread_condattr_setpshared(&ca, shared);
    pthread_rwlockattr_setpshared(&wa, shared); pthread_barrierattr_setpshared(&ba, shared);
    for (int i = 0; i < 2; i++) pthread_mutex_init(&g->m[i], &ma);
    pthread_rwlock_init(&g->w, &wa); pthread_cond_init(&g->c, &ca);
    pthread_barrier_init(&g->b, &ba, 2); sem_init(&g->s, shared, 1);
}
static void tell(int threads)
{
    char out[400]; int n = snprintf(out, sizeof out, "outcome");
    for (int t = 0; t < threads; t++) {
        n += snprintf(out + n, sizeof out - n, " |");
        for (int i = 0; i < g->n[t]; i++) n += snprintf(out + n, sizeof out - n, " %d", g->r[t][i]);
    }
    int v; sem_getvalue(&g->s, &v);
    printf("%s = %d %d %d %d %d %d\n", out, g->x[0], g->x[1], g->y, v, atomic_load(&g->a[0]), atomic_load(&g->a[1]));
    fflush(stdout);
}
"""

OPS = {
    "lock": lambda r: [f"pthread_mutex_lock(&g->m[{(i := r.randrange(2))}]); SAW(g->x[{i}]++); pthread_mutex_unlock(&g->m[{i}]);"],
    "nested": lambda r: ["pthread_mutex_lock(&g->m[%d]); pthread_mutex_lock(&g->m[%d]); SAW(g->x[0] * 8 + g->x[1]); g->x[1]++; "
                         "pthread_mutex_unlock(&g->m[%d]); pthread_mutex_unlock(&g->m[%d]);"
                         % ((i := r.randrange(2)), 1 - i, 1 - i, i)],
    "trylock": lambda r: [f"if (SAW(pthread_mutex_trylock(&g->m[{(i := r.randrange(2))}])) == 0) {{ g->x[{i}]++; pthread_mutex_unlock(&g->m[{i}]); }}"],
    "post": lambda r: ["sem_post(&g->s);"],
    "wait": lambda r: ["sem_wait(&g->s); SAW(atomic_fetch_add(&g->a[0], 1)); sem_post(&g->s);"],
    "take": lambda r: ["sem_wait(&g->s); SAW(9);"],
    "trywait": lambda r: ["SAW(sem_trywait(&g->s));"],
    "value": lambda r: ["{ int v; sem_getvalue(&g->s, &v); SAW(v); }"],
    "read": lambda r: ["pthread_rwlock_rdlock(&g->w); SAW(g->y); pthread_rwlock_unlock(&g->w);"],
    "write": lambda r: ["pthread_rwlock_wrlock(&g->w); SAW(g->y++); pthread_rwlock_unlock(&g->w);"],
    "tryread": lambda r: ["if (SAW(pthread_rwlock_tryrdlock(&g->w)) == 0) pthread_rwlock_unlock(&g->w);"],
    "trywrite": lambda r: ["if (SAW(pthread_rwlock_trywrlock(&g->w)) == 0) { g->y++; pthread_rwlock_unlock(&g->w); }"],
    "load": lambda r: [f"SAW(atomic_load(&g->a[{r.randrange(2)}]));"],
    "store": lambda r: [f"atomic_store(&g->a[{r.randrange(2)}], {r.randrange(1, 4)});"],
    "add": lambda r: [f"SAW(atomic_fetch_add(&g->a[{r.randrange(2)}], 1));"],
    "cas": lambda r: ["{ int e = %d; SAW(atomic_compare_exchange_strong(&g->a[%d], &e, %d)); SAW(e); }"
                      % (r.randrange(2), r.randrange(2), r.randrange(2, 5))],
    "await": lambda r: ["pthread_mutex_lock(&g->m[0]); while (!g->flag) pthread_cond_wait(&g->c, &g->m[0]); SAW(g->x[0]); pthread_mutex_unlock(&g->m[0]);"],
    "announce": lambda r: ["pthread_mutex_lock(&g->m[0]); g->flag = 1; pthread_mutex_unlock(&g->m[0]); pthread_cond_signal(&g->c);"],
    "barrier": lambda r: ["SAW(pthread_barrier_wait(&g->b) != 0 ? 1 : 1);"],
    "put": lambda r: ["{ char ch = 'a' + me; write(fd[1], &ch, 1); }"],
    "get": lambda r: ["{ char ch = 0; read(fd[0], &ch, 1); SAW(ch); }"],
}
COMMON = ["lock", "trylock", "post", "wait", "trywait", "value", "read", "write", "tryread", "trywrite", "load",
          "store", "add", "cas", "nested"]


def bodies(r, pipes):
    """The threads' operations: pairs that belong together go to different threads."""
    n = r.choice([2, 2, 2, 3])
    threads = [[r.choice(COMMON) for _ in range(r.randint(1, 2) if n == 2 else r.randint(0, 1))] for _ in range(n)]
    pair = r.choice([None, None, ("await", "announce"), ("barrier", "barrier"), ("take", "post")]
                    + ([("put", "get")] * 3 if pipes else []))
    if pair:
        i, k = r.sample(range(n), 2)
        threads[i].insert(r.randint(0, len(threads[i])), pair[0])
        threads[k].insert(r.randint(0, len(threads[k])), pair[1])
    return threads


def program(r, number, kind):
    threads = bodies(r, kind == "pipes")
    text = [f"/* {number}, {kind}: {threads} */"]
    for t, ops in enumerate(threads):
        code = " ".join(line for op in ops for line in OPS[op](r))
        text.append(f"static void *f{number}_{t}(void *arg) {{ int me = {t}; {code} return arg; }}")
    run = [f"static void p{number}(void) {{", f"setup({int(kind == 'forks')});"]
    if kind == "pipes":
        run.append("pipe(fd);")
    if kind == "forks":
        run += [f"if (fork() == 0) {{ f{number}_{t}(0); _exit(0); }}" for t in range(1, len(threads))]
        run += [f"f{number}_0(0);", "while (wait(0) > 0);"]
    else:
        run += [f"pthread_create(&id[{t}], 0, f{number}_{t}, 0);" for t in range(len(threads))]
        if r.random() < 0.25:
            run.append(f"int early = pthread_tryjoin_np(id[0], 0); int me = {len(threads)}; SAW(early);"
                       "if (early) pthread_join(id[0], 0);")
        else:
            run.append("pthread_join(id[0], 0);")
        run += [f"pthread_join(id[{t}], 0);" for t in range(1, len(threads))]
    run.append("tell(4); }")
    return "\n".join(text + [" ".join(run)])


def build(folder, name, text):
    source, obj = folder / f"{name}.c", folder / f"{name}.o"
    source.write_text(text)
    subprocess.run(["gcc", *FLAGS, "-c", source, "-o", obj], check=True)
    subprocess.run(["objcopy", f"--redefine-syms={RUNTIME}/redirect.syms", "--redefine-sym", "main=ls_x_main", obj], check=True)
    subprocess.run(["gcc", "-pthread", "-Wl,-z,now", "-o", folder / name, obj, "-Wl,--whole-archive",
                    RUNTIME / "liblockstep_explore.a", "-Wl,--no-whole-archive", "-lm"], check=True)
    subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE=", "-O1", "-w", "-pthread", source, "-o", folder / f"{name}_native"], check=True)


def explore(folder, name, number, strategy, kind):
    """The set of outcomes, and whether the search came to its end."""
    out = folder / f"{name}.{number}.{strategy}"
    with open(out, "wb") as f:
        p = subprocess.run([folder / name, "--show", "--out", str(2), "--strategy", strategy, "--schedules", str(DFS_MOST if kind == "threads" else 800),
                            "--after", "1000000000"] + (["--fork"] if kind != "threads" else [])
                           + ["--", str(number)], stdout=f, stderr=subprocess.PIPE, timeout=40, check=False)
    lines = [json.loads(x) for x in p.stderr.decode().split("\n") if x.startswith("{")]
    end = next((x for x in lines if "end" in x), {})
    outcomes = {x for x in out.read_text().split("\n") if x}
    outcomes |= {"bug: " + x["bug"] for x in lines if "bug" in x and not x["advice"]}
    out.unlink()
    return outcomes, end, p.returncode


def native(folder, name, number):
    seen = set()
    for _ in range(NATIVE_RUNS):
        try:
            p = subprocess.run([folder / f"{name}_native", str(number)], capture_output=True, timeout=2, check=False)
            seen |= {x for x in p.stdout.decode().split("\n") if x}
        except subprocess.TimeoutExpired:
            seen.add("bug: deadlock")
            break
    return seen


def compare(folder, name, number, kind):
    full, end, _ = explore(folder, name, number, "dfs", kind)
    less, end2, status = explore(folder, name, number, "dpor", kind)
    if end.get("schedules", 0) + end.get("pruned", 0) >= (DFS_MOST if kind == "threads" else 800) or end.get("stopped"):
        return "too large", None
    # what of the two a stand-still is called is not the search's doing
    same = {"bug: lost-wakeup": "bug: deadlock"}
    full, less = ({same.get(x, x) for x in s} for s in (full, less))
    if full != less:
        return "differs", f"only dfs: {sorted(full - less)[:5]}; only dpor: {sorted(less - full)[:5]}"
    strange = native(folder, name, number) - full
    if strange:
        return "differs", f"natively, and in no schedule: {sorted(strange)[:5]}"
    return "same", f"{end.get('schedules')} {end2.get('schedules')} {len(full)}"


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    r = random.Random(seed)
    done = large = number = schedules = reduced = 0
    with tempfile.TemporaryDirectory(prefix="lockstep-differ-") as tmp:
        folder = pathlib.Path(tmp)
        while done < count and number < 4 * count:
            name, kinds, parts = f"d{number}", {}, [HEAD]
            for _ in range(PER_FILE):
                kind = r.choices(["threads", "pipes", "forks"], [20, 1, 1])[0]
                parts.append(program(r, number, kind))
                kinds[number] = kind
                number += 1
            parts.append("int main(int argc, char **argv) { switch (atoi(argv[1])) {"
                         + "".join(f"case {n}: p{n}(); break;" for n in kinds) + "} return 0; }")
            build(folder, name, "\n".join(parts))
            with ThreadPoolExecutor(2) as pool:
                for n, (what, text) in zip(kinds, pool.map(lambda n: compare(folder, name, n, kinds[n]), kinds)):
                    if what == "too large":
                        large += 1
                        continue
                    done += 1
                    print(f"{'ok' if what == 'same' else 'not ok'} {done} - program {n} of seed {seed}: dpor = dfs", flush=True)
                    if what == "same":
                        a, b, _ = map(int, text.split())
                        schedules += a
                        reduced += b
                    else:
                        print(f"#   {text}")
                        source = parts[1 + n % PER_FILE]
                        print("\n".join("#   " + x for x in source.split("\n")))
    print(f"# {done} compared, {large} too large for dfs; {schedules} schedules without reduction, {reduced} with it")
    print(f"1..{done}")


if __name__ == "__main__":
    main()
