/* page.c - head, style and foot; escaping by core/escape.h. */
#include "report/page.h"

#include <string.h>

#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "core/escape.h"

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c2430;--dim:#5c6775;--line:#d6dce4;--paper:#fff;"
    "--soft:#f3f5f8;--good:#1a7f45;--bad:#b3261e;--warn:#8a5a00;--mark:#fff0b8;--link:#0b57d0}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e9f0;--dim:#9aa6b5;--line:#39424e;"
    "--paper:#161b22;--soft:#1f262f;--good:#5fd08a;--bad:#ff8a80;--warn:#e7b75a;--mark:#4a4020;"
    "--link:#8ab4f8}"
    "}"
    "*{box-sizing:border-box}"
    "body{overflow-wrap:anywhere;margin:0 auto;max-width:72rem;padding:1rem;font:16px/1.5 "
    "system-ui,sans-serif;"
    "color:var(--ink);background:var(--paper)}"
    "h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem;"
    "border-bottom:1px solid var(--line);padding-bottom:.2rem}h3{font-size:1rem;margin:1rem 0 "
    ".3rem}"
    "a{color:var(--link)}p{margin:.4rem 0}.dim{color:var(--dim)}.small{font-size:.875rem}"
    "pre,code{font:13px/1.45 ui-monospace,monospace}"
    "pre{background:var(--soft);padding:.5rem .7rem;overflow-x:auto;border-radius:.3rem;"
    "margin:.3rem 0;white-space:pre}"
    ".wide{overflow-x:auto;-webkit-overflow-scrolling:touch}"
    "table{border-collapse:collapse;font-size:.9rem}"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;"
    "vertical-align:top}td:first-child{white-space:nowrap}th{color:var(--dim);font-weight:600}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "table.steps td{font:13px/1.4 ui-monospace,monospace;min-width:9rem;white-space:normal}"
    "table.steps td.at{background:var(--soft)}"
    ".pill{display:inline-block;padding:0 .5rem;border-radius:1rem;font-size:.8rem;"
    "border:1px solid currentColor;white-space:nowrap;color:var(--bad)}"
    ".pill.pass{color:var(--good)}.pill.none{color:var(--warn)}"
    ".bar{display:inline-block;width:8rem;max-width:30vw;height:.6rem;background:var(--line);"
    "border-radius:.3rem;overflow:hidden;vertical-align:middle}"
    ".bar i{display:block;height:100%;background:var(--good)}"
    "details{border:1px solid var(--line);border-radius:.3rem;margin:.4rem 0}"
    "summary{cursor:pointer;padding:.35rem .6rem;display:flex;flex-wrap:wrap;gap:.5rem;"
    "align-items:baseline}summary::before{content:'\\25b8';color:var(--dim);width:.8rem}"
    "details[open]>summary::before{content:'\\25be'}summary .grow{flex:1 1 12rem}"
    "details>div{padding:.2rem .8rem .6rem}"
    ".proof{border-left:3px solid var(--bad);padding-left:.7rem;margin:.7rem 0}"
    ".proof.advice{border-color:var(--warn)}"
    ".frame{margin:.1rem 0 .1rem 1rem;overflow-wrap:anywhere}"
    "mark{background:var(--mark);color:inherit}"
    ".two{display:grid;grid-template-columns:1fr 1fr;gap:.6rem}"
    "@media(max-width:50rem){.two{grid-template-columns:1fr}}"
    ".two pre{max-height:30rem;overflow:auto}"
    ".cols{display:flex;align-items:flex-end;gap:.3rem;height:9rem;margin:.5rem 0}"
    ".cols span{flex:1;display:flex;flex-direction:column;justify-content:flex-end;"
    "height:100%;text-align:center;font-size:.75rem;color:var(--dim)}"
    ".cols i{display:block;background:var(--good);border-radius:.2rem .2rem 0 0}"
    ".heat svg{display:block;width:100%;shape-rendering:crispEdges}.heat svg.key{display:"
    "inline-block;width:.8rem;height:.8rem;vertical-align:-.1rem}"
    ".heat .names{display:flex;font-size:.75rem;color:var(--dim)}.heat .names span{min-width:0;"
    "overflow:hidden}"
    ".heat .pass{fill:var(--good);opacity:.35}.heat .fail{fill:var(--bad)}.heat .stub{fill:"
    "var(--line)}.heat .none{fill:var(--warn);opacity:.5}.heat .over{fill:transparent}"
    ".heat .edge{stroke:var(--paper);stroke-width:.25}"
    "svg.waits{display:block;width:100%;max-width:28rem;margin:.5rem 0;font-size:14px;"
    "text-anchor:middle}svg.waits rect{fill:var(--soft);stroke:var(--dim)}"
    "svg.waits "
    "text{fill:var(--ink)}svg.waits>path{fill:none;stroke:var(--bad);stroke-width:1.5}"
    "svg.waits marker path{fill:var(--bad)}"
    "svg.lanes{display:block;font-size:13px}svg.lanes text{fill:var(--ink)}"
    "svg.lanes path{stroke:var(--line);fill:none}svg.lanes path.switch{stroke:var(--dim)}"
    "svg.lanes rect{fill:var(--dim)}svg.lanes .lock{fill:var(--link)}svg.lanes .unlock{"
    "fill:var(--paper);stroke:var(--link);stroke-width:1.5}svg.lanes .wait{fill:var(--warn)}"
    "svg.lanes .wake{fill:var(--good)}svg.lanes .write{fill:var(--ink)}svg.lanes .stuck,"
    "svg.lanes .failed{fill:var(--bad)}svg.lanes .other{fill:var(--line);stroke:var(--dim)}"
    "svg.lanes.key{display:inline-block;width:.7rem;height:.7rem}"
    ".play{margin:.5rem 0}.play:focus-visible{outline:2px solid var(--link);outline-offset:3px}"
    ".controls button{font:inherit;min-width:2.6rem;padding:.15rem .5rem;color:inherit;"
    "background:var(--soft);border:1px solid var(--line);border-radius:.3rem;cursor:pointer}"
    ".controls{position:sticky;top:0;z-index:2;background:var(--paper);padding:.3rem 0}"
    ".controls output{display:inline-block;min-width:8rem;padding-left:.4rem}"
    ".beside{display:grid;grid-template-columns:minmax(0,1fr);gap:.6rem}"
    "@media(min-width:60rem){.beside:has(pre){grid-template-columns:minmax(0,3fr) "
    "minmax(0,2fr)}}"
    ".side{position:sticky;top:3.2rem;align-self:start;z-index:1}"
    ".side pre{position:relative;max-height:22rem;overflow:auto;margin:0}"
    "@media(max-width:60rem){.side{order:-1;background:var(--paper)}.side "
    "pre{max-height:9rem}}"
    "tr.later td{opacity:.35}tr.now td.at{background:var(--mark)}tr[data-t]{cursor:pointer}"
    "pre.code{counter-reset:n}pre.code span{display:block;counter-increment:n;min-height:1.2em}"
    "pre.code span::before{content:counter(n);display:inline-block;width:2.5rem;"
    "margin-right:.7rem;text-align:right;color:var(--dim)}"
    "pre.code .now{background:var(--mark)}pre.code .there{box-shadow:inset 3px 0 var(--link)}"
    "pre.code span[data-who]::after{content:'\\2190  ' attr(data-who);color:var(--link);"
    "font-weight:600;margin-left:1rem}";

/* What a policy calls a script: the hash of its text (CSP Level 3, "hash-source"). */
static void put_policy(struct buf *b, const char *script)
{
    char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = "";
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx h;

    buf_puts(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'unsafe-inline'");
    if (script) {
        sha256_init(&h);
        sha256_update(&h, strlen(script), (const uint8_t *)script);
        sha256_digest(&h, sizeof digest, digest);
        base64_encode_raw(text, sizeof digest, digest);
        buf_printf(b, "; script-src 'sha256-%s'", text);
    }
    buf_puts(b, "\">\n");
}

void page_begin(struct buf *b, const char *lang, const char *title, const char *script)
{
    buf_printf(b, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
               lang);
    buf_puts(b, "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
    put_policy(b, script);
    buf_puts(b, "<title>");
    page_text(b, title);
    buf_printf(b, "</title>\n<style>%s</style>\n</head>\n<body>\n", style);
}

void page_end(struct buf *b, const char *script)
{
    if (script)
        buf_printf(b, "<script>%s</script>\n", script);
    buf_puts(b, "</body>\n</html>\n");
}

void page_text(struct buf *b, const char *s)
{
    if (s)
        escape_html(b, s, strlen(s));
}

void page_bar(struct buf *b, int percent)
{
    buf_printf(b, "<span class=\"bar\"><i style=\"width:%d%%\"></i></span>", percent);
}

void page_verdict(struct buf *b, const char *what)
{
    buf_printf(b, "<span class=\"pill%s\">", strcmp(what, "pass") == 0 ? " pass" : "");
    page_text(b, what);
    buf_puts(b, "</span>");
}
