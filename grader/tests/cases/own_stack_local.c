/* expect: none
 * never: crash
 * why: a coroutine's stack in a local array: what lies below its stack pointer is alive */
#define _GNU_SOURCE
#include <pthread.h>
#include <ucontext.h>
#include <stdlib.h>
static ucontext_t mainc, co; static int *out;
static void body(void){ int x=1; *out+=x; swapcontext(&co,&mainc); *out+=2; }
static void *th(void*a){ return a; }
int main(void){ char stk[65536]; int res=0; out=&res; pthread_t t; pthread_create(&t,0,th,0); pthread_join(t,0);
 getcontext(&co); co.uc_stack.ss_sp=stk; co.uc_stack.ss_size=sizeof stk; co.uc_link=&mainc; makecontext(&co,body,0); swapcontext(&mainc,&co); swapcontext(&mainc,&co); return res!=3; }
