/* story.c - exercise 11 as a person would see it: homework 1, the summary, measured. Not a test. */
#include <stdio.h>

#include "process_vs_thread.h"

int main(void)
{
    printf("总结进程线程差异:\n");
    return pvt_table(pvt_in_process, pvt_in_thread, stdout) < 0;
}
