/* stepper.c - keys: n and p, g and a number, / and words, q. The page is the report's. */
#include "cli/stepper.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/screen.h"
#include "report/report.h"
#include "report/words.h"
#include "sandbox/keeper.h"

enum { WORD = 64 };

struct walk {
    const struct stepper *s;
    const json_t *finding;
    int at, rows;
    char asking;     /* 'g' or '/': what is being typed; '\0': nothing */
    char word[WORD]; /* so far */
    char last[WORD]; /* what was looked for last */
    const char *note;
    bool quit;
};

bool stepper_wanted(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static int show(const struct walk *w, struct err *e)
{
    const enum lang lang = w->s->lang;
    struct buf page = {0}, below = {0};
    struct stepping step = {.at = w->at,
                            .width = screen_width(),
                            .height = screen_height(),
                            .color = w->s->color,
                            .lang = lang,
                            .text = w->s->text,
                            .ctx = w->s->ctx};
    int rc;

    if (w->asking == 'g')
        buf_printf(&below, tr(lang, "go to step: %s"), w->word);
    else if (w->asking)
        buf_printf(&below, tr(lang, "search: %s"), w->word);
    else
        buf_printf(&below, "%s%s%s", w->note ? w->note : "", w->note ? "  " : "",
                   tr(lang, "[n]ext  [p]revious  [g]o to  [/]search  [q]uit"));
    step.below = below.data;
    rc = below.failed ? err_oom(e) : report_stepping(w->finding, &step, &page, e);
    if (rc == 0) {
        screen_clear();
        fwrite(page.data, 1, page.len, stdout);
        fflush(stdout);
    }
    buf_release(&page);
    buf_release(&below);
    return rc;
}

static void go(struct walk *w, long to)
{
    w->at = to < 0 ? 0 : to >= w->rows ? w->rows - 1 : (int)to;
}

/* What was typed is whole. An empty search looks for the last words again. */
static void answer(struct walk *w)
{
    const enum lang lang = w->s->lang;
    const char asked = w->asking;
    int found;

    w->asking = '\0';
    if (asked == 'g') {
        if (*w->word)
            go(w, strtol(w->word, NULL, 10) - 1);
        return;
    }
    if (*w->word)
        memcpy(w->last, w->word, sizeof w->last);
    if (!*w->last)
        return;
    found = report_stepping_find(w->finding, lang, w->last, w->at);
    if (found >= 0)
        w->at = found;
    else
        w->note = tr(lang, "not found");
}

static void type(struct walk *w, char key)
{
    const size_t n = strlen(w->word);

    if (key == '\n' || key == '\r')
        answer(w);
    else if (key == 27)
        w->asking = '\0';
    else if ((key == 127 || key == 8) && n > 0)
        w->word[n - 1] = '\0';
    else if ((unsigned char)key >= ' ' && key != 127 && n + 1 < sizeof w->word &&
             (w->asking == '/' || isdigit((unsigned char)key))) {
        w->word[n] = key;
        w->word[n + 1] = '\0';
    }
}

static void press(struct walk *w, char key)
{
    w->note = NULL;
    if (w->asking) {
        type(w, key);
        return;
    }
    switch (key) {
    case 'n':
    case ' ':
    case '\n':
        go(w, w->at + 1);
        return;
    case 'p':
        go(w, w->at - 1);
        return;
    case 'G':
        go(w, w->rows);
        return;
    case 'g':
    case '/':
        w->asking = key;
        w->word[0] = '\0';
        return;
    case 'q':
        w->quit = true;
        return;
    default:
        return;
    }
}

/* Arrows, Home and End come as several bytes at once (ECMA-48, 8.3). */
static void read_keys(struct walk *w)
{
    static const struct {
        const char *bytes;
        char key;
    } arrows[] = {{"\033[A", 'p'}, {"\033[D", 'p'}, {"\033[B", 'n'},
                  {"\033[C", 'n'}, {"\033[F", 'G'}, {"\033[H", 'H'}};
    char keys[64];
    const ssize_t n = read(STDIN_FILENO, keys, sizeof keys - 1);

    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        w->quit = true; /* nobody is there any more */
    keys[n > 0 ? n : 0] = '\0';
    for (ssize_t i = 0; i < n && !w->quit;) {
        size_t k = 0;

        while (k < ARRAY_SIZE(arrows) && strncmp(keys + i, arrows[k].bytes, 3) != 0)
            k++;
        if (k == ARRAY_SIZE(arrows)) {
            press(w, keys[i++]);
            continue;
        }
        i += 3;
        if (arrows[k].key == 'H')
            go(w, 0);
        else
            press(w, arrows[k].key);
    }
}

int stepper_run(const json_t *exploration, const struct stepper *s, struct err *e)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};
    struct walk w = {.s = s, .finding = report_stepping_finding(exploration)};
    sigset_t held, open;
    int rc = 0;

    if (!w.finding || (w.rows = report_stepping_rows(w.finding, s->lang)) == 0)
        return 0;
    w.at = report_stepping_begin(w.finding, s->lang);
    /* Only in ppoll(2): one that came between the look at its flag and the wait were lost. */
    sigemptyset(&held);
    for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
        sigaddset(&held, ending[i]);
    sigprocmask(SIG_BLOCK, &held, &open);
    screen_open();
    rc = show(&w, e);
    while (rc == 0 && !w.quit) {
        struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
        const int n = ppoll(&p, 1, NULL, &open);
        const bool again = screen_resumed() | screen_resized();

        if (keeper_interrupted)
            rc = err_set(e, ERR_STOPPED, "interrupted");
        else if (n > 0)
            read_keys(&w);
        if (rc == 0 && !w.quit && (n > 0 || again))
            rc = show(&w, e);
    }
    screen_close();
    screen_clear();
    sigprocmask(SIG_SETMASK, &open, NULL);
    return rc;
}
