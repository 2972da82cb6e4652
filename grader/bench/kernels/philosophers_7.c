// philosophers_7: each takes the fork on the left, then the one on the right.
// expect: deadlock
// never: wrong-result crash misuse lost-wakeup data-race
#define N 7
#include "philosophers.h"
