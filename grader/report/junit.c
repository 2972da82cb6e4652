/* junit.c - JUnit XML from the result's JSON, written by libxml2's writer.
 *
 * A test that lost points is a failure, one that crashed or hung an error, a unit that
 * could not be graded an error of its own, never a failure of the student's.
 */
#include <libxml/xmlwriter.h>
#include <string.h>

#include "core/utf8.h"
#include "core/verdict.h"
#include "report/report.h"

struct junit {
    xmlTextWriter *w;
    bool failed;
};

static void check(struct junit *j, int rc)
{
    if (rc < 0)
        j->failed = true;
}

static void attribute(struct junit *j, const char *name, const char *value)
{
    struct buf b = {0};

    utf8_clean(&b, value ? value : "", value ? strlen(value) : 0, UTF8_XML);
    check(j, xmlTextWriterWriteAttribute(j->w, BAD_CAST name, BAD_CAST(b.data ? b.data : "")));
    buf_release(&b);
}

static void number(struct junit *j, const char *name, long v)
{
    check(j, xmlTextWriterWriteFormatAttribute(j->w, BAD_CAST name, "%ld", v));
}

static void content(struct junit *j, const char *s)
{
    struct buf b = {0};

    utf8_clean(&b, s, strlen(s), UTF8_XML);
    check(j, xmlTextWriterWriteString(j->w, BAD_CAST(b.data ? b.data : "")));
    buf_release(&b);
}

static void open_element(struct junit *j, const char *name)
{
    check(j, xmlTextWriterStartElement(j->w, BAD_CAST name));
}

static void close_element(struct junit *j)
{
    check(j, xmlTextWriterEndElement(j->w));
}

static const char *str(const json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

/* What happened to the program, as against what it answered. */
static bool is_error(const char *verdict)
{
    static const enum verdict errors[] = {
        VERDICT_CRASH,   VERDICT_DEADLOCK,      VERDICT_LOST_WAKEUP,   VERDICT_LIVELOCK,
        VERDICT_TIMEOUT, VERDICT_COMPILE_ERROR, VERDICT_RESOURCE_LIMIT};

    for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
        if (strcmp(verdict_name(errors[i]), verdict) == 0)
            return true;
    return false;
}

static void evidence_text(const json_t *test, struct buf *b)
{
    const json_t *ev, *s, *f;
    size_t i, k, n;

    json_array_foreach(json_object_get(test, "evidence"), i, ev)
    {
        buf_printf(b, "%s%s (%s)\n%s\n",
                   json_is_true(json_object_get(ev, "advice")) ? "advice: " : "",
                   str(ev, "title"), str(ev, "mode"), str(ev, "text") ? str(ev, "text") : "");
        json_array_foreach(json_object_get(ev, "stacks"), k, s)
        {
            buf_printf(b, "  %s\n", str(s, "label"));
            json_array_foreach(json_object_get(s, "frames"), n, f)
                buf_printf(b, "    %s:%d %s\n", str(f, "file") ? str(f, "file") : "?",
                           (int)json_integer_value(json_object_get(f, "line")),
                           str(f, "function") ? str(f, "function") : "");
        }
    }
}

static void test_case(struct junit *j, const json_t *x, const json_t *t)
{
    const char *verdict = str(t, "verdict");
    struct buf b = {0};

    open_element(j, "testcase");
    attribute(j, "name", str(t, "id"));
    attribute(j, "classname", str(x, "id"));
    if (strcmp(verdict, "pass") != 0) {
        open_element(j, is_error(verdict) ? "error" : "failure");
        attribute(j, "type", verdict);
        attribute(j, "message", str(t, "headline"));
        evidence_text(t, &b);
        content(j, b.data ? b.data : "");
        close_element(j);
    }
    close_element(j);
    buf_release(&b);
}

static double seconds(const json_t *timing, const char *id)
{
    const char *key;
    json_t *stage;
    double s = 0;

    json_object_foreach(json_object_get(json_object_get(timing, "exercises"), id), key, stage)
        s += json_real_value(json_object_get(stage, "wall_s"));
    return s;
}

static void counts(const json_t *x, long *tests, long *failures, long *errors)
{
    const json_t *t;
    size_t i;

    json_array_foreach(json_object_get(x, "tests"), i, t)
    {
        const char *v = str(t, "verdict");

        ++*tests;
        if (strcmp(v, "pass") != 0)
            ++*(is_error(v) ? errors : failures);
    }
    if (strcmp(str(x, "status"), "not-graded") == 0) {
        ++*tests;
        ++*errors;
    }
}

static void suite(struct junit *j, const json_t *x, const json_t *timing)
{
    long tests = 0, failures = 0, errors = 0;
    const json_t *t;
    size_t i;

    counts(x, &tests, &failures, &errors);
    open_element(j, "testsuite");
    attribute(j, "name", str(x, "id"));
    number(j, "tests", tests);
    number(j, "failures", failures);
    number(j, "errors", errors);
    check(j, xmlTextWriterWriteFormatAttribute(j->w, BAD_CAST "time", "%.3f",
                                               seconds(timing, str(x, "id"))));
    json_array_foreach(json_object_get(x, "tests"), i, t) test_case(j, x, t);
    if (strcmp(str(x, "status"), "not-graded") == 0) {
        open_element(j, "testcase");
        attribute(j, "name", "graded");
        attribute(j, "classname", str(x, "id"));
        open_element(j, "error");
        attribute(j, "type", "grader-error");
        attribute(j, "message", str(x, "reason"));
        close_element(j);
        close_element(j);
    }
    if (str(x, "compiler_output")) {
        open_element(j, "system-err");
        content(j, str(x, "compiler_output"));
        close_element(j);
    }
    close_element(j);
}

int report_junit(const json_t *result, const json_t *timing, struct buf *ret, struct err *e)
{
    xmlBuffer *mem = xmlBufferCreate();
    struct junit j = {.w = mem ? xmlNewTextWriterMemory(mem, 0) : NULL};
    long tests = 0, failures = 0, errors = 0;
    const json_t *x;
    size_t i;

    if (!j.w) {
        xmlBufferFree(mem);
        return err_oom(e);
    }
    xmlTextWriterSetIndent(j.w, 1);
    check(&j, xmlTextWriterStartDocument(j.w, NULL, "UTF-8", NULL));
    json_array_foreach(json_object_get(result, "exercises"), i, x)
        counts(x, &tests, &failures, &errors);
    open_element(&j, "testsuites");
    attribute(&j, "name", "lockstep");
    number(&j, "tests", tests);
    number(&j, "failures", failures);
    number(&j, "errors", errors);
    json_array_foreach(json_object_get(result, "exercises"), i, x) suite(&j, x, timing);
    check(&j, xmlTextWriterEndDocument(j.w));
    xmlFreeTextWriter(j.w);
    buf_puts(ret, (const char *)xmlBufferContent(mem));
    xmlBufferFree(mem);
    return j.failed || ret->failed ? err_oom(e) : 0;
}
