
/* check_shared_array.c - the visible suite of exercise 02-shared-array.
 *
 * Ordinary libcheck, one TCase a test. Each wrong answer a test is made for is named above it.
 */
#include <pthread.h>

#include "lockstep.h"
#include "shared_array.h"

enum { MAX_CELLS = 40 };

static struct shared_array *made(struct shared_array *a)
{
    ck_assert_msg(a != NULL, "the array could not be made: NULL");
    return a;
}

static int int_at(struct shared_array *a, long index)
{
    int n = -77;

    ck_assert_int_eq(shared_array_get(a, index, &n), 0);
    return n;
}

/* A list of each type comes back as it was. */
START_TEST(from_a_list)
{
    const double reals[] = {0.5, -2.25, 1e300};
    int numbers[MAX_CELLS], n = (int)ls_input("cells", 3, MAX_CELLS);
    struct shared_array *a;
    double d = 0;
    char c = 0;

    for (int i = 0; i < n; i++)
        numbers[i] = (int)ls_input("number", -1000000, 1000000);
    a = made(shared_array_from_list('i', numbers, (size_t)n));
    ck_assert_int_eq(shared_array_type(a), 'i');
    ck_assert_uint_eq(shared_array_len(a), (size_t)n);
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(int_at(a, i), numbers[i]);
    shared_array_close(a);
    a = made(shared_array_from_list('d', reals, 3));
    ck_assert_int_eq(shared_array_type(a), 'd');
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(shared_array_get(a, i, &d), 0);
        ck_assert_msg(d == reals[i], "cell %d of type 'd' is %g, not %g", i, d, reals[i]);
    }
    shared_array_close(a);
    a = made(shared_array_from_list('c', "a\0z", 3));
    ck_assert_uint_eq(shared_array_len(a), 3);
    ck_assert_int_eq(shared_array_get(a, 2, &c), 0);
    ck_assert_int_eq(c, 'z');
    shared_array_close(a);
}
END_TEST

/* Zero means zero, also when the memory was used by an array before. */
START_TEST(zeroed_cells)
{
    struct shared_array *a;
    int n = (int)ls_input("cells", 3, MAX_CELLS), dirt = 4711;

    for (int round = 0; round < 3; round++) {
        a = made(shared_array_zeroed('i', (size_t)n));
        ck_assert_uint_eq(shared_array_len(a), (size_t)n);
        for (int i = 0; i < n; i++) {
            ck_assert_msg(int_at(a, i) == 0, "cell %d of a new zeroed array is not zero", i);
            shared_array_set(a, i, &dirt);
        }
        shared_array_close(a);
    }
}
END_TEST

static void one_cell_only(char type, const void *value, const void *zero, size_t size)
{
    struct shared_array *a = made(shared_array_zeroed(type, 5));
    char cell[sizeof(double)];

    ck_assert_int_eq(shared_array_set(a, 2, value), 0);
    for (long i = 0; i < 5; i++) {
        ck_assert_int_eq(shared_array_get(a, i, cell), 0);
        ck_assert_msg(memcmp(cell, i == 2 ? value : zero, size) == 0,
                      "cell %ld of type '%c' is wrong after cell 2 was set", i, type);
    }
    shared_array_close(a);
}

/* Element sizes: a neighbour that changes has the wrong address. */
START_TEST(cells_are_separate)
{
    const int i = (int)ls_input("number", 1, 1000000) * 1001;
    const double d = 1.0 / 3, zero = 0;

    one_cell_only('i', &i, &zero, sizeof i);
    one_cell_only('d', &d, &zero, sizeof d);
    one_cell_only('c', "x", &zero, 1);
}
END_TEST

struct hand_over {
    struct shared_array *a;
    int was, becomes;
};

static int change_index_two(void *arg)
{
    struct hand_over *h = arg;

    ck_assert_msg(int_at(h->a, 2) == h->was, "the child does not see what the parent wrote");
    ck_assert_int_eq(shared_array_set(h->a, 2, &h->becomes), 0);
    shared_array_close(h->a);
    return 0;
}

/* The lesson's obj[2]: malloc and MAP_PRIVATE fail here. */
START_TEST(index_two_story)
{
    struct hand_over h = {.was = (int)ls_input("was", 1, 1000),
                          .becomes = (int)ls_input("becomes", 1001, 2000)};

    h.a = made(shared_array_zeroed('i', 5));
    ck_assert_int_eq(shared_array_set(h.a, 2, &h.was), 0);
    ck_assert_int_eq(ls_reap(ls_spawn(change_index_two, &h)), 0);
    ck_assert_msg(int_at(h.a, 2) == h.becomes,
                  "the parent does not see what the child wrote into index 2");
    ls_observe("obj[2]", int_at(h.a, 2));
    shared_array_close(h.a);
}
END_TEST

static void refused(struct shared_array *a, long index)
{
    int n = 5;

    errno = 0;
    ck_assert_msg(shared_array_get(a, index, &n) == -1, "get accepts index %ld of 4 cells", index);
    ck_assert_int_eq(errno, ERANGE);
    ck_assert_msg(n == 5, "get refuses index %ld, but has changed *ret", index);
    errno = 0;
    ck_assert_msg(shared_array_set(a, index, &n) == -1, "set accepts index %ld of 4 cells", index);
    ck_assert_int_eq(errno, ERANGE);
}

/* One past the end, one before the beginning, far away. */
START_TEST(bounds_are_errors)
{
    const int list[] = {10, 20, 30, 40};
    struct shared_array *a = made(shared_array_from_list('i', list, 4));
    int last = 41;

    refused(a, 4);
    refused(a, -5);
    refused(a, ls_input("far", 5, 1000000000));
    refused(a, -ls_input("far back", 6, 1000000000));
    refused(a, (long)(~0UL >> 1));
    refused(a, -(long)(~0UL >> 1) - 1);
    ck_assert_int_eq(int_at(a, -1), 40);
    ck_assert_int_eq(int_at(a, -4), 10);
    ck_assert_int_eq(shared_array_set(a, -1, &last), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(int_at(a, i), list[i]);
    ck_assert_int_eq(int_at(a, 3), 41);
    shared_array_close(a);
}
END_TEST

struct visit {
    struct shared_array *a;
    int seen, stop_at, sum;
};

/* The visitor uses the array: it raises the cell behind the one it was called for. */
static int look(const void *element, void *arg)
{
    struct visit *v = arg;
    const int *n = element;
    int next;

    v->sum += *n;
    v->seen++;
    if (shared_array_get(v->a, v->seen, &next) == 0) {
        next += 100;
        ck_assert_int_eq(shared_array_set(v->a, v->seen, &next), 0);
    }
    return v->seen == v->stop_at ? 7 : 0;
}

/* Order, an early end, and no lock held while the visitor runs. */
START_TEST(visits_each)
{
    const int list[] = {1, 2, 3, 4};
    struct visit all = {.a = made(shared_array_from_list('i', list, 4))}, some = {.stop_at = 2};

    ck_assert_int_eq(shared_array_each(all.a, look, &all), 0);
    ck_assert_int_eq(all.seen, 4);
    ck_assert_msg(all.sum == 310, "the visitor did not see the cells as they were when it came: "
                                  "sum %d, not 310", all.sum);
    some.a = all.a;
    ck_assert_int_eq(shared_array_each(some.a, look, &some), 7);
    ck_assert_int_eq(some.seen, 2);
    shared_array_close(all.a);
}
END_TEST

/* The lesson's bytes as one string; a full array has no closing zero of its own. */
START_TEST(text_story)
{
    struct shared_array *a = made(shared_array_from_text("hello"));
    char buf[16];
    int one = 1;
    struct shared_array *numbers = made(shared_array_from_list('i', &one, 1));

    memset(buf, '#', sizeof buf);
    ck_assert_int_eq(shared_array_type(a), 'c');
    ck_assert_uint_eq(shared_array_len(a), 5);
    ck_assert_int_eq(shared_array_text(a, buf, sizeof buf), 5);
    ck_assert_msg(memcmp(buf, "hello", 6) == 0, "the text is not 'hello' with its closing zero");
    puts(buf);
    memset(buf, '#', sizeof buf);
    ck_assert_int_eq(shared_array_text(a, buf, 4), 5);
    ck_assert_msg(memcmp(buf, "hel\0#", 5) == 0, "a text cut to 4 bytes must be 'hel' and a zero");
    ck_assert_int_eq(shared_array_text(a, NULL, 0), 5);
    ck_assert_int_eq(shared_array_set_text(a, "hi"), 0);
    ck_assert_int_eq(shared_array_text(a, buf, sizeof buf), 2);
    ck_assert_str_eq(buf, "hi");
    ck_assert_int_eq(shared_array_get(a, 4, buf), 0);
    ck_assert_msg(buf[0] == 0, "the cells behind a shorter text must be zero");
    ck_assert_int_eq(shared_array_set_text(a, "HELLO"), 0);
    errno = 0;
    ck_assert_int_eq(shared_array_set_text(a, "longer"), -1);
    ck_assert_int_eq(errno, ERANGE);
    ck_assert_int_eq(shared_array_text(a, buf, sizeof buf), 5);
    ck_assert_str_eq(buf, "HELLO");
    errno = 0;
    ck_assert_int_eq(shared_array_text(numbers, buf, sizeof buf), -1);
    ck_assert_int_eq(errno, EINVAL);
    shared_array_close(a);
    shared_array_close(numbers);
}
END_TEST

enum { LONG_TEXT = 4000 };

struct texts {
    struct shared_array *a;
    char text[2][LONG_TEXT + 1], got[LONG_TEXT + 1];
    int turn;
};

/* One process writes all a, then all b; the other never reads a mixture. (Each ck_assert_...
 * leaves a mark in a file: not in a loop of thousands.) */
static void write_or_read(void *arg, int me)
{
    struct texts *t = arg;

    if (me == 1) {
        if (shared_array_set_text(t->a, t->text[t->turn++ % 2]) != 0)
            ck_abort_msg("shared_array_set_text() failed");
    } else if (shared_array_text(t->a, t->got, sizeof t->got) != LONG_TEXT) {
        ck_abort_msg("the text has not the length of the text that was written");
    } else if (strcmp(t->got, t->text[t->got[0] == 'b']) != 0) {
        ck_abort_msg("a text was read that is half an old one and half a new one");
    }
}

static int close_mine(void *a)
{
    shared_array_close(a);
    return 0;
}

START_TEST(texts_are_whole)
{
    struct texts *t = calloc(1, sizeof *t);
    int64_t turns[2];

    ck_assert_ptr_nonnull(t);
    memset(t->text[0], 'a', LONG_TEXT);
    memset(t->text[1], 'b', LONG_TEXT);
    t->a = made(shared_array_from_text(t->text[0]));
    ck_assert_int_eq(ls_reap(ls_spawn(close_mine, t->a)), 0); /* others may go on */
    ls_alongside(write_or_read, t, turns);
    shared_array_close(t->a);
    free(t);
}
END_TEST

/* Threads, under Helgrind; on one core, so that the native run says nothing by luck. */
static void *use_in_thread(void *a)
{
    for (int i = 0, n = 0; i < 10; i++) {
        shared_array_get(a, 1, &n);
        n |= 1;
        shared_array_set(a, 1, &n);
    }
    return NULL;
}

static int ignore(const void *element, void *arg)
{
    (void)element, (void)arg;
    return 0;
}

/* Nothing but visits: a lock taken for something else would order them. */
static void *visit_in_thread(void *a)
{
    for (int i = 0; i < 5; i++)
        shared_array_each(a, ignore, NULL);
    return NULL;
}

START_TEST(threads_too)
{
    struct shared_array *a = made(shared_array_zeroed('i', 3));
    pthread_t one, two, visitor;

    ls_stay_on(0);
    ck_assert_int_eq(pthread_create(&one, NULL, use_in_thread, a), 0);
    ck_assert_int_eq(pthread_create(&two, NULL, use_in_thread, a), 0);
    ck_assert_int_eq(pthread_create(&visitor, NULL, visit_in_thread, a), 0);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    pthread_join(visitor, NULL);
    ck_assert_int_eq(int_at(a, 1), 1);
    shared_array_close(a);
}
END_TEST

static void impossible(char type, size_t n, int want)
{
    errno = 0;
    ck_assert_msg(shared_array_zeroed(type, n) == NULL, "an array of type '%c' with %zu cells",
                  type, n);
    ck_assert_int_eq(errno, want);
}

/* Refusals; then open and close five hundred times: nothing may pile up. */
START_TEST(gives_back)
{
    int before, after;

    impossible('x', 3, EINVAL);
    impossible('i', 0, EINVAL);
    impossible('d', SIZE_MAX / 8 + 2, ENOMEM);
    impossible('c', SIZE_MAX, ENOMEM);
    errno = 0;
    ck_assert_ptr_null(shared_array_from_text(""));
    ck_assert_int_eq(errno, EINVAL);
    shared_array_close(made(shared_array_zeroed('i', 2000)));
    before = ls_mappings();
    for (int i = 0; i < 500; i++)
        shared_array_close(made(shared_array_zeroed('i', 2000)));
    after = ls_mappings();
    ck_assert_msg(after < before + 100, "leak: shared_array_close() does not give the memory back");
    shared_array_close(NULL);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("02-shared-array");

    ls_test(suite, "from-a-list", from_a_list);
    ls_test(suite, "zeroed-cells", zeroed_cells);
    ls_test(suite, "cells-are-separate", cells_are_separate);
    ls_test(suite, "index-two-story", index_two_story);
    ls_test(suite, "bounds-are-errors", bounds_are_errors);
    ls_test(suite, "visits-each", visits_each);
    ls_test(suite, "text-story", text_story);
    ls_test(suite, "texts-are-whole", texts_are_whole);
    ls_test(suite, "threads-too", threads_too);
    ls_test(suite, "gives-back", gives_back);
    return suite;
}
