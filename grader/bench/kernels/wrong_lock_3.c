// wrong_lock_3: the same datum under two locks.
// expect: data-race wrong-result
// never: deadlock crash misuse lost-wakeup
#define OTHERS 3
#include "wrong_lock.h"
