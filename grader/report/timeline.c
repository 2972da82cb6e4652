/* timeline.c - a schedule on a page: a table that reads by itself, and a timeline where a
 * script may run: one step at a time by arrow keys or buttons, the student's file beside it
 * with each task's place marked.
 *
 * Foreign text is put on the page here, escaped; the script only moves classes and copies
 * nodes, it never makes markup out of text.
 */
#include <string.h>

#include "report/interleaving.h"
#include "report/lanes.h"
#include "report/page.h"
#include "report/rows.h"
#include "report/words.h"

enum { WIDTH = 108, LINES_MAX = 4000 };

const char timeline_script[] =
    "(()=>{'use strict';\n"
    "const plays=[...document.querySelectorAll('.play')];\n"
    "plays.forEach(p=>{\n"
    " const rows=[...p.querySelectorAll('tr[data-t]')],out=p.querySelector('output'),\n"
    "  from=document.getElementById('source-'+p.dataset.x),side=p.querySelector('.side');\n"
    " let at=-1,lines=null;\n"
    " if(from&&side){const pre=from.cloneNode(true);pre.removeAttribute('id');\n"
    "  side.append(pre);lines=pre.children}\n"
    " p.querySelector('.controls').hidden=false;\n"
    " p.step=n=>{\n"
    "  at=Math.max(0,Math.min(rows.length-1,n));\n"
    "  "
    "rows.forEach((r,i)=>{r.classList.toggle('now',i===at);r.classList.toggle('later',i>at)});"
    "\n"
    "  out.value=out.dataset.of.replace('{}',at+1);\n"
    "  "
    "(rows[at].querySelector('.at')||rows[at]).scrollIntoView({block:'nearest',inline:'nearest'"
    "});\n"
    "  if(!lines)return;\n"
    "  for(const l of lines){l.className='';l.removeAttribute('data-who')}\n"
    "  const last={};rows.slice(0,at+1).forEach(r=>{if(r.dataset.n>0)last[r.dataset.t]=r});\n"
    "  for(const t in last){const l=lines[last[t].dataset.n-1];if(!l)continue;\n"
    "   l.classList.add(last[t]===rows[at]?'now':'there');\n"
    "   const w=l.dataset.who;l.dataset.who=(w?w+', ':'')+last[t].dataset.w}\n"
    "  const l=lines[rows[at].dataset.n-1],pre=side.firstChild;\n"
    "  if(l)pre.scrollTop=l.offsetTop-pre.clientHeight/2};\n"
    " p.by=d=>p.step(d==='first'?0:d==='last'?rows.length-1:at+Number(d));\n"
    " p.querySelectorAll('button').forEach(b=>b.addEventListener('click',()=>p.by(b.value)));\n"
    " rows.forEach((r,i)=>r.addEventListener('click',()=>{p.step(i);p.focus()}))});\n"
    "const keys={ArrowRight:'1',ArrowDown:'1',ArrowLeft:'-1',ArrowUp:'-1',Home:'first',\n"
    " End:'last'};\n"
    "document.addEventListener('keydown',e=>{\n"
    " if(!(e.key in keys)||e.ctrlKey||e.altKey||e.metaKey)return;\n"
    " let p=document.activeElement&&document.activeElement.closest('.play');\n"
    " if(!p&&(e.key==='ArrowLeft'||e.key==='ArrowRight'))\n"
    "  p=plays.find(q=>{const r=q.getBoundingClientRect();\n"
    "   return r.height&&r.bottom>0&&r.top<innerHeight});\n"
    " if(!p)return;e.preventDefault();p.by(keys[e.key])})})();\n";

static void put_row(struct buf *b, const struct row *r, int column, int count)
{
    char text[2 * CELL];

    buf_printf(b, "<tr data-t=\"%d\" data-n=\"%s\" data-w=\"", r->task,
               r->source ? r->line : "0");
    page_text(b, r->who);
    buf_puts(b, "\">");
    for (int c = 0; c < count; c++) {
        if (c != column) {
            buf_puts(b, "<td></td>");
            continue;
        }
        row_text(r, text, sizeof text, WIDTH);
        buf_puts(b, "<td class=\"at\">");
        page_text(b, text);
        buf_puts(b, "</td>");
    }
    buf_puts(b, "</tr>\n");
}

static void put_heads(struct buf *b, const struct row *rows, int n, const int *column)
{
    buf_puts(b, "<tr>");
    for (int t = 0; t < TASKS_SHOWN; t++) {
        if (column[t] < 0)
            continue;
        buf_puts(b, "<th>");
        page_text(b, rows_who(rows, n, t));
        buf_puts(b, "</th>");
    }
    buf_puts(b, "</tr>\n");
}

/* Hidden until the script has shown that it may run. */
static void put_controls(struct buf *b, int n, enum lang lang)
{
    static const struct {
        const char *value, *sign, *name;
    } buttons[] = {
        {"first", "|◀", N_("first step")},
        {"-1", "◀", N_("step back")},
        {"1", "▶", N_("next step")},
        {"last", "▶|", N_("last step")},
    };

    buf_puts(b, "<p class=\"controls\" hidden>");
    for (size_t i = 0; i < ARRAY_SIZE(buttons); i++)
        buf_printf(b, "<button type=\"button\" value=\"%s\" aria-label=\"%s\">%s</button> ",
                   buttons[i].value, tr(lang, buttons[i].name), buttons[i].sign);
    buf_puts(b, "<output aria-live=\"polite\" data-of=\"");
    buf_printf(b, tr(lang, "step {} of %d"), n);
    buf_printf(b, "\"></output> <span class=\"dim small\">%s</span></p>\n",
               tr(lang, "arrow keys step through it"));
}

static void put_table(struct buf *b, const struct row *rows, int n)
{
    int column[TASKS_SHOWN];
    const int count = rows_columns(rows, n, column);

    buf_puts(b, "<div class=\"wide\"><table class=\"steps\">\n");
    put_heads(b, rows, n, column);
    for (int i = 0; i < n; i++)
        if (rows[i].task < TASKS_SHOWN)
            put_row(b, &rows[i], column[rows[i].task], count);
    buf_puts(b, "</table></div>\n");
}

void timeline_html(struct buf *b, const json_t *schedule, const char *exercise, enum lang lang)
{
    const json_t *steps = json_object_get(schedule, "steps");
    const int max = (int)json_array_size(steps);
    struct row *rows = max ? calloc((size_t)max, sizeof *rows) : NULL;
    int n, skip;

    if (!rows)
        return;
    n = rows_make(steps, lang, rows, max);
    skip = n > ROWS_MAX ? n - ROWS_MAX : 0;
    if (skip) { /* to be opened; what is stepped through is the end */
        buf_puts(b, "<details><summary>");
        buf_printf(b, tr(lang, "%d rows before these"), skip);
        buf_puts(b, "</summary><div>");
        put_table(b, rows, skip);
        buf_puts(b, "</div></details>\n");
    }
    buf_puts(b, "<div class=\"play\" tabindex=\"0\" role=\"group\" data-x=\"");
    page_text(b, exercise);
    buf_printf(b, "\" aria-label=\"%s\">\n", tr(lang, "interleaving"));
    lanes_picture(b, rows + skip, n - skip, lang);
    put_controls(b, n - skip, lang);
    buf_puts(b, "<div class=\"beside\">");
    put_table(b, rows + skip, n - skip);
    buf_puts(b, "<div class=\"side\"></div></div></div>\n");
    free(rows);
}

void timeline_source(struct buf *b, const char *exercise, const char *text, enum lang lang)
{
    if (!text || !*text)
        return;
    buf_printf(b, "<details><summary>%s</summary><div><pre class=\"code\" id=\"source-",
               tr(lang, "The submitted file"));
    page_text(b, exercise);
    buf_puts(b, "\">");
    for (int n = 0; *text && n < LINES_MAX; n++) {
        const size_t len = strcspn(text, "\n");
        auto_free char *line = strndup(text, len);

        buf_puts(b, "<span>");
        page_text(b, line);
        buf_puts(b, "</span>");
        text += len + (text[len] == '\n');
    }
    buf_puts(b, "</pre></div></details>\n");
}
