/* formats.c - the one table of formats: names, renderers, and what each is for. */
#include "report/get.h"

static int text(const json_t *result, const json_t *timing, const struct render_options *o,
                struct buf *ret, struct err *e)
{
    const struct text_options t = {.behind = o->behind,
                                   .color = o->color,
                                   .width = o->width,
                                   .verbose = o->verbose,
                                   .lang = o->lang,
                                   .paths = o->paths};

    (void)timing;
    return report_text(result, &t, ret, e);
}

static int json(const json_t *result, const json_t *timing, const struct render_options *o,
                struct buf *ret, struct err *e)
{
    (void)timing, (void)o;
    return report_dump(result, ret, e);
}

static int junit(const json_t *result, const json_t *timing, const struct render_options *o,
                 struct buf *ret, struct err *e)
{
    (void)o;
    return report_junit(result, timing, ret, e);
}

static int html(const json_t *result, const json_t *timing, const struct render_options *o,
                struct buf *ret, struct err *e)
{
    const struct html_options h = {.lang = o->lang, .sources = o->sources, .behind = o->behind};

    (void)timing;
    return report_html(result, &h, ret, e);
}

const struct report_format report_formats[] = {
    {"text", text},
    {"json", json},
    {"junit", junit},
    {"tap", report_tap},
    {"github", report_github},
    {"markdown", report_markdown},
    {"html", html},
    {"sarif", report_sarif},
    {"gradescope", report_gradescope},
    {"classroom50", report_classroom50},
    {"classroom", report_classroom},
    {"autolab", report_autolab},
    {"prairielearn", report_prairielearn},
    {NULL, NULL},
};
