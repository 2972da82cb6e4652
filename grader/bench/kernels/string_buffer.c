// string_buffer: the length is read, then the characters are copied; not atomic together.
// expect: wrong-result
// never: deadlock misuse data-race lost-wakeup
#include <assert.h>
#include <pthread.h>
#include <string.h>

struct text {
    pthread_mutex_t lock;
    int length;
    char chars[16];
};

static struct text source = {PTHREAD_MUTEX_INITIALIZER, 5, "hello"};
static struct text target = {PTHREAD_MUTEX_INITIALIZER, 0, ""};

static int length(struct text *t)
{
    int n;

    pthread_mutex_lock(&t->lock);
    n = t->length;
    pthread_mutex_unlock(&t->lock);
    return n;
}

static void copy(struct text *t, int n, char *to)
{
    pthread_mutex_lock(&t->lock);
    assert(n <= t->length);
    memcpy(to, t->chars, (size_t)n);
    pthread_mutex_unlock(&t->lock);
}

static void *append(void *arg)
{
    pthread_mutex_lock(&target.lock);
#ifdef CORRECT
    pthread_mutex_lock(&source.lock);
    memcpy(target.chars, source.chars, (size_t)source.length);
    target.length = source.length;
    pthread_mutex_unlock(&source.lock);
    (void)length;
    (void)copy;
#else
    target.length = length(&source);
    copy(&source, target.length, target.chars);
#endif
    pthread_mutex_unlock(&target.lock);
    return arg;
}

static void *erase(void *arg)
{
    pthread_mutex_lock(&source.lock);
    source.length = 0;
    pthread_mutex_unlock(&source.lock);
    return arg;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, append, NULL);
    pthread_create(&b, NULL, erase, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
