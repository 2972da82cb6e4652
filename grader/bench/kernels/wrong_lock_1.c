// wrong_lock_1: the same datum under two locks.
// expect: data-race wrong-result
// never: deadlock crash misuse lost-wakeup
#define OTHERS 1
#include "wrong_lock.h"
