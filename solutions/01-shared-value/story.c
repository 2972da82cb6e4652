/* story.c - exercise 01 as a person would see it: the lesson's family purse. Not a test. */
#include <stdio.h>
#include <stdlib.h>

#include "shared_value.h"

int main(void)
{
    enum { TIMES = 30 };
    int earned[TIMES], spent[TIMES], want = 40000, end;

    srandom(2018);
    for (int i = 0; i < TIMES; i++) {
        earned[i] = (int)(random() % 1000) + 1;
        spent[i] = (int)(random() % 801) + 100;
        want += earned[i] - spent[i];
    }
    end = family_purse(40000, earned, spent, TIMES);
    printf("money=Value('i',40000)   man: +%d times   girl: -%d times, at the same time\n", TIMES, TIMES);
    printf("print(money.value): %d   the sum on paper: %d   %s\n", end, want,
           end == want ? "exactly" : "WRONG");
    return end != want;
}
