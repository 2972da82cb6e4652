#!/bin/sh
# 63-abi.t - the runtime has every name that gcc and clang call for -fsanitize=thread.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

runtime=$top/build/plain/runtime
nm "$runtime/liblockstep_explore.a" 2>/dev/null | sed -n 's/.* T \(__tsan_.*\)/\1/p' | sort -u >"$tmp/have"
{
    echo __tsan_init
    printf '__tsan_%s\n' func_entry func_exit read_range write_range vptr_read vptr_update \
        atomic_thread_fence atomic_signal_fence
    for n in 1 2 4 8 16; do
        printf "__tsan_%s$n\n" read write volatile_read volatile_write
        [ $n = 1 ] || printf "__tsan_%s$n\n" unaligned_read unaligned_write
    done
    for b in 8 16 32 64 128; do
        printf "__tsan_atomic${b}_%s\n" load store exchange fetch_add fetch_sub fetch_and fetch_or \
            fetch_xor fetch_nand compare_exchange_strong compare_exchange_weak compare_exchange_val
    done
} | sort -u >"$tmp/want"
is "every name of the ABI" "$(comm -23 "$tmp/want" "$tmp/have" | paste -sd' ' -)" ""

cat >"$tmp/all.c" <<'EOT'
#include <stdatomic.h>
#include <string.h>
struct s { long a, b, c; char d; } x, y;
struct __attribute__((packed)) { char c; int i; long l; short h; } p;
volatile int v;
#define ALL(T, n) _Atomic T n; void f_##n(T k) { T e = k; atomic_store(&n, k); k = atomic_load(&n); \
    atomic_exchange(&n, k); atomic_fetch_add(&n, k); atomic_fetch_sub(&n, k); atomic_fetch_and(&n, k); \
    atomic_fetch_or(&n, k); atomic_fetch_xor(&n, k); __atomic_fetch_nand((T *)&n, k, 5); \
    atomic_compare_exchange_strong(&n, &e, k); atomic_compare_exchange_weak(&n, &e, k); }
ALL(char, a8) ALL(short, a16) ALL(int, a32) ALL(long, a64)
__int128 wide; void f_wide(void) { wide++; __sync_fetch_and_add(&v, 1); }
int main(void)
{
    x = y; p.i++; p.l++; p.h++; v++; memcpy(&x, &y, sizeof x); memset(&x, 0, sizeof x);
    atomic_thread_fence(memory_order_seq_cst); atomic_signal_fence(memory_order_seq_cst);
    f_a8(1); f_a16(2); f_a32(3); f_a64(4); f_wide();
    return x.a || a32 > 100000;
}
EOT
for cc in gcc clang; do
    for o in -O0 -O1 -O2 -O3; do
        "$cc" -std=gnu11 -w $o -g -fsanitize=thread -c "$tmp/all.c" -o "$tmp/all.o" &&
            objcopy --redefine-syms="$runtime/redirect.syms" --redefine-sym main=ls_x_main "$tmp/all.o" &&
            gcc -pthread -o "$tmp/all" "$tmp/all.o" -Wl,--whole-archive "$runtime/liblockstep_explore.a" \
                -Wl,--no-whole-archive -lm 2>"$tmp/link"
        is "$cc $o: links without libtsan" "$?" 0
        run 0 "$tmp/all" --schedules 5
        same "$cc $o: runs" "$out" '"end":"(all|budget)"'
    done
done
done_testing
