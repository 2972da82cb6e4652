/* sarif.c - SARIF 2.1.0: a result a failed test; the interleaving as a code flow with a thread
 * flow a task, for editors that can step through it.
 *
 * URIs are relative and the same in every run; ids of rules are the verdicts. A unit that is
 * not graded is a notification of the tool, not a result.
 */
#include <nettle/sha2.h>

#include "core/verdict.h"
#include "report/get.h"

enum { TASKS = 32, LOCATIONS = 1000 };

static json_t *message(const char *text)
{
    return json_pack("{s:s}", "text", text);
}

static json_t *location(const char *uri, long line, const char *text)
{
    json_t *j = json_pack("{s:{s:{s:o}, s:{s:i}}}", "physicalLocation", "artifactLocation",
                          "uri", json_sprintf("%s%s", *uri == '/' ? "file://" : "", uri),
                          "region", "startLine", line > 0 ? (int)line : 1);

    if (text && *text)
        json_object_set_new(j, "message", message(text));
    return j;
}

/* Steps that stand in no file of the student's have no place in an editor. */
static json_t *thread_flows(const json_t *x, const json_t *schedule,
                            const struct render_options *o)
{
    json_t *flows[TASKS] = {NULL}, *all = json_array();
    const json_t *step;
    size_t i;

    json_array_foreach(json_object_get(schedule, "steps"), i, step)
    {
        const json_t *at = json_object_get(step, "at");
        const long task = get_num(step, "task");
        json_t *where;

        if (!*get_str(at, "source") || task < 0 || task >= TASKS || i >= LOCATIONS)
            continue;
        if (!flows[task]) {
            flows[task] = json_pack("{s:s, s:{s:s}, s:[]}", "id", get_str(step, "who"),
                                    "message", "text", get_str(step, "who"), "locations");
            json_array_append_new(all, flows[task]);
        }
        where = location(get_path(o, x, at), get_num(at, "line"), get_str(step, "what"));
        json_array_append_new(
            json_object_get(flows[task], "locations"),
            json_pack("{s:o, s:i}", "location", where, "executionOrder", (int)i + 1));
    }
    return all;
}

/* Takes `j` over. Places of one result must differ (SARIF 2.1.0, 3.27.22), and two proofs often
 * show the same one. */
static void append_new_place(json_t *all, json_t *j)
{
    const json_t *other;
    size_t i;

    json_array_foreach(all, i, other)
    {
        if (json_equal(other, j)) {
            json_decref(j);
            return;
        }
    }
    json_array_append_new(all, j);
}

static json_t *code_flows(const json_t *x, const json_t *t, const struct render_options *o)
{
    json_t *all = json_array();
    const json_t *p;
    size_t i;

    json_array_foreach(json_object_get(t, "evidence"), i, p)
    {
        json_t *flows = thread_flows(x, json_object_get(p, "schedule"), o);

        if (json_array_size(flows))
            append_new_place(all, json_pack("{s:{s:s}, s:O}", "message", "text",
                                            get_str(p, "title"), "threadFlows", flows));
        json_decref(flows);
    }
    return all;
}

/* The other places of the same proof: the second access, who holds the lock. */
static json_t *related(const json_t *x, const json_t *t, const struct render_options *o)
{
    json_t *all = json_array();
    const json_t *p, *s, *f;
    size_t i, k, n;

    json_array_foreach(json_object_get(t, "evidence"), i, p)
        json_array_foreach(json_object_get(p, "stacks"), k, s)
            json_array_foreach(json_object_get(s, "frames"), n, f) if (*get_str(f, "source"))
    {
        append_new_place(all,
                         location(get_path(o, x, f), get_num(f, "line"), get_str(s, "label")));
        break;
    }
    return all;
}

static void fingerprint(const json_t *x, const json_t *t, char ret[static 33])
{
    const json_t *first = json_array_get(json_object_get(t, "evidence"), 0);
    const char *parts[] = {get_str(x, "id"), get_str(t, "id"), get_str(t, "verdict"),
                           get_str(first, "title")};
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx h;

    sha256_init(&h);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        sha256_update(&h, strlen(parts[i]) + 1, (const uint8_t *)parts[i]);
    sha256_digest(&h, sizeof digest, digest);
    for (int i = 0; i < 16; i++)
        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

static json_t *finding(const json_t *x, const json_t *t, const struct render_options *o)
{
    const json_t *place = get_place(t);
    struct buf text = {0};
    char print[33];
    json_t *j;

    get_message(t, o->lang, &text);
    fingerprint(x, t, print);
    j = json_pack("{s:s, s:s, s:o, s:[o], s:{s:s}}", "ruleId", get_str(t, "verdict"), "level",
                  "error", "message", message(text.data ? text.data : ""), "locations",
                  location(get_path(o, x, place), get_num(place, "line"), NULL),
                  "partialFingerprints", "lockstep/1", print);
    json_object_set_new(j, "relatedLocations", related(x, t, o));
    json_object_set_new(j, "codeFlows", code_flows(x, t, o));
    buf_release(&text);
    return j;
}

static json_t *rules(void)
{
    json_t *all = json_array();

    for (int v = 0; v < VERDICT_PASS; v++)
        json_array_append_new(all, json_pack("{s:s, s:{s:s}}", "id",
                                             verdict_name((enum verdict)v), "shortDescription",
                                             "text", verdict_headline((enum verdict)v)));
    return all;
}

int report_sarif(const json_t *result, const json_t *timing, const struct render_options *o,
                 struct buf *ret, struct err *e)
{
    json_t *results = json_array(), *notes = json_array(), *j;
    const json_t *x, *t;
    size_t i, k;
    int rc;

    (void)timing;
    json_array_foreach(json_object_get(result, "exercises"), i, x)
    {
        if (get_not_graded(x))
            json_array_append_new(notes, json_pack("{s:s, s:{s:s}}", "level", "error",
                                                   "message", "text", get_str(x, "reason")));
        json_array_foreach(json_object_get(x, "tests"), k,
                           t) if (strcmp(get_str(t, "verdict"), "pass") != 0)
            json_array_append_new(results, finding(x, t, o));
    }
    j = json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:o, s:[{s:b, s:o}]}]}", "$schema",
                  "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0", "runs",
                  "tool", "driver", "name", "Lockstep", "version", get_str(result, "grader"),
                  "rules", rules(), "results", results, "invocations", "executionSuccessful",
                  json_array_size(notes) == 0, "toolExecutionNotifications", notes);
    rc = j ? report_dump(j, ret, e) : err_oom(e);
    json_decref(j);
    return rc;
}
