// philosophers_3: each takes the fork on the left, then the one on the right.
// expect: deadlock
// never: wrong-result crash misuse lost-wakeup data-race
#define N 3
#include "philosophers.h"
