/* test_escape.c - hostile names and outputs in every format. */
#include "core/escape.h"
#include "tests/unit/suites.h"

#include <string.h>

enum { TERMINAL, XML, HTML, CSV, MESSAGE, PROPERTY, FORMATS };

static const struct {
    const char *in, *out[FORMATS];
} rows[] = {
    {"plain", {"plain", "plain", "plain", "plain", "plain", "plain"}},
    {"::error::x\n  ::add-mask::y",
     {"|::error::x\n  |::add-mask::y", "::error::x\n  ::add-mask::y",
      "::error::x\n  ::add-mask::y", "\"::error::x\n  ::add-mask::y\"",
      "::error::x%0A  ::add-mask::y", "%3A%3Aerror%3A%3Ax%0A  %3A%3Aadd-mask%3A%3Ay"}},
    {"a::b ##[error]",
     {"a::b ##|[error]", "a::b ##[error]", "a::b ##[error]", "a::b ##[error]", "a::b ##[error]",
      "a%3A%3Ab ##[error]"}},
    {"<img src=x onerror='a(\"b\")'>",
     {"<img src=x onerror='a(\"b\")'>", "&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;",
      "&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;",
      "\"<img src=x onerror='a(\"\"b\"\")'>\"", "<img src=x onerror='a(\"b\")'>",
      "<img src=x onerror='a(\"b\")'>"}},
    {"]]>&amp;",
     {"]]>&amp;", "]]&gt;&amp;amp;", "]]&gt;&amp;amp;", "]]>&amp;", "]]>&amp;", "]]>&amp;"}},
    {"=HYPERLINK(\"x\")",
     {"=HYPERLINK(\"x\")", "=HYPERLINK(&quot;x&quot;)", "=HYPERLINK(&quot;x&quot;)",
      "\"'=HYPERLINK(\"\"x\"\")\"", "=HYPERLINK(\"x\")", "=HYPERLINK(\"x\")"}},
    {"@cmd", {"@cmd", "@cmd", "@cmd", "\"'@cmd\"", "@cmd", "@cmd"}},
    {"\x1b]0;t\x07%",
     {"\xef\xbf\xbd]0;t\xef\xbf\xbd%", "\xef\xbf\xbd]0;t\xef\xbf\xbd%",
      "\xef\xbf\xbd]0;t\xef\xbf\xbd%", "\xef\xbf\xbd]0;t\xef\xbf\xbd%", "\x1b]0;t\x07%25",
      "\x1b]0;t\x07%25"}},
    {"", {"", "", "", "", "", ""}},
};

static void escape(int format, struct buf *b, const char *s)
{
    const size_t n = strlen(s);

    switch (format) {
    case TERMINAL:
        escape_terminal(b, s, n);
        break;
    case XML:
        escape_xml(b, s, n);
        break;
    case HTML:
        escape_html(b, s, n);
        break;
    case CSV:
        escape_csv(b, s, n);
        break;
    default:
        escape_github(b, s, n, format == PROPERTY);
    }
}

START_TEST(hostile_text_has_no_meaning)
{
    for (int f = 0; f < FORMATS; f++) {
        struct buf b = {0};

        escape(f, &b, rows[_i].in);
        ck_assert_msg(strcmp(b.data ? b.data : "", rows[_i].out[f]) == 0,
                      "format %d of '%s': '%s'", f, rows[_i].in, b.data ? b.data : "");
        buf_release(&b);
    }
}
END_TEST

Suite *escape_suite(void)
{
    Suite *s = suite_create("escape");
    TCase *tc = tcase_create("formats");

    tcase_add_loop_test(tc, hostile_text_has_no_meaning, 0, ARRAY_SIZE(rows));
    suite_add_tcase(s, tc);
    return s;
}
