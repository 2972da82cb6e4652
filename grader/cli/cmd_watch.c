/* cmd_watch.c - `lockstep watch`: edit, save, read; keys for what one wants next.
 *
 *   inotify(7) --+                    +--> child: lockstep grade --format json
 *   keys --------+--> poll(2) loop ---+
 *   a look a second (network folders  +--> the page: scores, the first failure, what to press
 *   report nothing) --+
 *
 * Grades nothing itself: a child does, and is stopped when the file changes meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "batch/tool.h"
#include "batch/unitfile.h"
#include "cli/filewatch.h"
#include "cli/hints.h"
#include "cli/list.h"
#include "cli/options.h"
#include "cli/own.h"
#include "cli/scores.h"
#include "cli/screen.h"
#include "report/report.h"
#include "report/words.h"
#include "sandbox/keeper.h"

enum {
    OPT_SUBMISSION = 256,
    OPT_LANG,
    OFTEN_MS = 300,
    SELDOM_MS = 1000,
    RESULT_MAX = 32 << 20
};

struct watch {
    struct course c;
    const struct exercise *x;
    const char *submission, *file;
    enum lang lang;
    struct arena a;
    struct filewatch on;
    int from; /* the child's answer, -1: none runs */
    pid_t child;
    struct buf answer;
    json_t *result; /* of the last grading; NULL: none yet */
    char asked;     /* a key that waits for the grading, '\0': none */
    bool quit;
};

static const struct option_row rows[] = {
    {OPT_SUBMISSION, "submission", "DIR", "watch DIR/NN-slug/slug.c or DIR/slug.c"},
    {OPT_LANG, "lang", "L", "en or zh (default: the terminal's)"},
    {0, NULL, NULL, NULL},
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct watch *w = ctx;

    if (key == OPT_LANG)
        return parse_lang(value, &w->lang, e);
    w->submission = value;
    return 0;
}

/* ---- what is shown ------------------------------------------------------------------- */

static void show_keys(const struct watch *w)
{
    printf("\n%s\n", tr(w->lang, "[r]un  [h]int  [n]ext  [l]ist  re[p]lay  [q]uit"));
    fflush(stdout);
}

static void show_head(const struct watch *w, const char *what)
{
    screen_clear();
    printf("%s  %s\n%s\n", w->x->id, w->x->rubric.title[w->lang], w->file);
    if (what)
        printf("%s\n", what);
    fflush(stdout);
}

static const json_t *unit_of(const struct watch *w)
{
    return json_array_get(json_object_get(w->result, "exercises"), 0);
}

/* Rows of the page that are no report: the head, the bar, the keys, and blank ones. */
enum { ROWS_AROUND = 8 };

static void show_result(struct watch *w)
{
    const json_t *unit = unit_of(w);
    const int score = (int)json_integer_value(json_object_get(unit, "score"));
    const int height = screen_height();
    const struct text_options o = {.lang = w->lang,
                                   .first = true,
                                   .width = screen_width(),
                                   .height = height > ROWS_AROUND ? height - ROWS_AROUND : 0,
                                   .color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
    char bar[SCORE_BAR];
    struct buf b = {0};
    struct err why = {0};

    show_head(w, NULL);
    if (report_text(w->result, &o, &b, &why) == 0)
        fwrite(b.data, 1, b.len, stdout);
    buf_release(&b);
    printf("%s %s %d/%d\n", w->x->id, score_bar(score, bar), score, rubric_max(&w->x->rubric));
    if (unit && score == rubric_max(&w->x->rubric))
        printf("\n%s\n", tr(w->lang, "All tests pass. Press n for the next exercise."));
    show_keys(w);
}

static void show_welcome(const struct watch *w)
{
    printf(tr(w->lang,
              "Welcome to Lockstep. Open %s in your editor, read the header beside it, and "
              "write.\nEach time you save, the tests run here; the first failure is shown "
              "with its lines and the order of events.\n"),
           w->file);
}

/* ---- grading in a child -------------------------------------------------------------- */

static void stop_grading(struct watch *w)
{
    if (w->from < 0)
        return;
    kill(w->child, SIGTERM);
    close(w->from);
    w->from = -1;
    while (waitpid(w->child, NULL, 0) < 0 && errno == EINTR)
        ;
    w->answer.len = 0;
}

/* The words of a run: this very program. */
static void make_words(const struct watch *w, char *argv[static 8])
{
    int n = 0;

    argv[n++] = "/proc/self/exe";
    argv[n++] = "grade";
    argv[n++] = (char *)w->x->id;
    argv[n++] = "--format=json";
    if (w->submission) {
        argv[n++] = "--submission";
        argv[n++] = (char *)w->submission;
    }
    argv[n] = NULL;
}

static int start_grading(struct watch *w, struct err *e)
{
    sigset_t ending;
    int ends[2];
    char *argv[8];

    stop_grading(w);
    filewatch_seen(&w->on);
    make_words(w, argv);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(e, "cannot make a pipe");
    show_head(w, tr(w->lang, "grading ..."));
    /* A signal between fork and exec would be lost in our own handler. */
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGTSTP);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    w->child = fork();
    if (w->child == 0) {
        signal(SIGTERM, SIG_DFL);
        signal(SIGTSTP, SIG_DFL);
        sigprocmask(SIG_UNBLOCK, &ending, NULL);
        if (dup2(ends[1], STDOUT_FILENO) >= 0 && setenv("LOCKSTEP_WATCHED", "1", 1) == 0)
            execv(argv[0], argv);
        _exit(127);
    }
    sigprocmask(SIG_UNBLOCK, &ending, NULL);
    close(ends[1]);
    if (w->child < 0) {
        close(ends[0]);
        return err_errno(e, "cannot start a grading");
    }
    w->from = ends[0];
    w->answer.len = 0;
    return 0;
}

static int press(struct watch *w, char key, struct err *e);

static void end_grading(struct watch *w)
{
    json_t *result;
    int status = 0;

    close(w->from);
    w->from = -1;
    while (waitpid(w->child, &status, 0) < 0 && errno == EINTR)
        ;
    result = w->answer.data ? json_loadb(w->answer.data, w->answer.len, 0, NULL) : NULL;
    if (!result) { /* its own words stand above */
        printf("%s\n", tr(w->lang, "It could not be graded. Your work was not judged."));
        show_keys(w);
        return;
    }
    json_decref(w->result);
    w->result = result;
    show_result(w);
    if (w->asked) {
        const char key = w->asked;
        struct err why = {0};

        w->asked = '\0';
        if (press(w, key, &why) < 0)
            printf("%s\n", why.msg);
    }
}

static void read_answer(struct watch *w)
{
    char chunk[16384];
    const ssize_t n = read(w->from, chunk, sizeof chunk);

    if (n > 0 && w->answer.len < RESULT_MAX)
        buf_add(&w->answer, chunk, (size_t)n);
    else if (n == 0 || (n < 0 && errno != EINTR))
        end_grading(w);
}

/* ---- keys ---------------------------------------------------------------------------- */

static int open_exercise(struct watch *w, const struct exercise *x, struct err *e)
{
    w->x = x;
    if (own_file(x, w->submission, &w->a, &w->file, e) < 0)
        return -1;
    if (!w->submission && access(w->file, F_OK) == 0 && access(w->file, W_OK) < 0)
        return err_set(e, ERR_USAGE,
                       "'%s' cannot be written; 'lockstep init DIR' makes a folder of your own",
                       w->file);
    json_decref(w->result);
    w->result = NULL;
    return filewatch_open(&w->on, w->file, e);
}

/* The first behind `x` that has not all points yet, going round; NULL: all are done. */
static const struct exercise *next_open(const struct course *c, const json_t *scores,
                                        const struct exercise *x)
{
    const int at = x ? (int)(x - c->exercises) : -1;

    for (int i = 1; i <= c->count; i++) {
        const struct exercise *y = &c->exercises[(at + i) % c->count];

        if (y != x && y->broken.kind == ERR_NONE && !y->rubric.draft &&
            scores_best(scores, y->id) < rubric_max(&y->rubric))
            return y;
    }
    return NULL;
}

static int go_on(struct watch *w, struct err *e)
{
    json_t *scores = NULL;
    const struct exercise *y;
    int rc = scores_load(&scores, e);

    y = rc == 0 ? next_open(&w->c, scores, w->x) : NULL;
    json_decref(scores);
    if (rc == 0 && !y)
        printf("%s\n", tr(w->lang, "There is no other exercise left to do."));
    if (rc < 0 || !y)
        return rc;
    stop_grading(w);
    return open_exercise(w, y, e) < 0 ? -1 : start_grading(w, e);
}

/* The first test that failed here, else of the last time. */
static const char *failed_test(const struct watch *w, const char **ret_token)
{
    const json_t *t, *p;
    size_t i, k;

    *ret_token = NULL;
    json_array_foreach(json_object_get(unit_of(w), "tests"), i, t)
    {
        if (strcmp(json_string_value(json_object_get(t, "verdict")), "pass") == 0)
            continue;
        json_array_foreach(json_object_get(t, "evidence"), k, p)
        {
            const char *token =
                json_string_value(json_object_get(json_object_get(p, "schedule"), "token"));

            if (token && *token && !*ret_token)
                *ret_token = token;
        }
        return json_string_value(json_object_get(t, "id"));
    }
    return NULL;
}

static bool no_test_ran(const struct watch *w)
{
    const json_t *first = json_array_get(json_object_get(unit_of(w), "tests"), 0);
    const char *verdict = json_string_value(json_object_get(first, "verdict"));

    return verdict && strcmp(verdict, "compile-error") == 0;
}

static int hint(struct watch *w, struct err *e)
{
    const char *token, *test = failed_test(w, &token);

    if (!w->result)
        test = w->x->rubric.tests[0].id;
    printf("\n");
    if (json_is_string(json_object_get(unit_of(w), "compiler_output")) && no_test_ran(w)) {
        printf("%s\n", tr(w->lang, "The code does not compile. Fix the first error that the "
                                   "compiler reports; then the tests can run."));
        return 0;
    }
    if (!test) {
        printf(tr(w->lang, "%s: every test passed when it was graded last.\n"), w->x->id);
        return 0;
    }
    return hint_show(w->x, test, false, w->lang, e);
}

static int replay(const struct watch *w, struct err *e)
{
    const char *token, *test = failed_test(w, &token);
    char *argv[] = {"/proc/self/exe",
                    "replay",
                    (char *)w->x->id,
                    (char *)test,
                    "--token",
                    (char *)token,
                    w->submission ? "--submission" : NULL,
                    (char *)w->submission,
                    NULL};

    if (!test || !token) {
        printf("\n%s\n", tr(w->lang, "No schedule of this grading shows a failure."));
        return 0;
    }
    printf("\n");
    return tool_run(argv, NULL, TOOL_KEYS, NULL, e) < 0 ? -1 : 0;
}

static int list(const struct watch *w, struct err *e)
{
    json_t *scores = NULL;

    if (scores_load(&scores, e) < 0)
        return -1;
    printf("\n");
    list_print(&w->c, scores, w->lang);
    json_decref(scores);
    return 0;
}

static int press(struct watch *w, char key, struct err *e)
{
    int rc = 0;

    if (w->from >= 0 && (key == 'h' || key == 'p')) { /* about the save that is being graded */
        w->asked = key;
        return 0;
    }
    switch (key) {
    case 'q':
        w->quit = true;
        return 0;
    case 'r':
        return start_grading(w, e);
    case 'n':
        return go_on(w, e);
    case 'h':
        rc = hint(w, e);
        break;
    case 'l':
        rc = list(w, e);
        break;
    case 'p':
        rc = replay(w, e);
        break;
    default:
        return 0;
    }
    show_keys(w);
    return rc;
}

static int read_keys(struct watch *w, struct err *e)
{
    char keys[64];
    const ssize_t n = read(STDIN_FILENO, keys, sizeof keys);

    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        w->quit = true; /* nobody is there any more */
    for (ssize_t i = 0; i < n && !w->quit; i++)
        if (press(w, keys[i], e) < 0)
            return -1;
    return 0;
}

/* ---- the loop ------------------------------------------------------------------------ */

static int loop(struct watch *w, struct err *e)
{
    while (!w->quit) {
        struct pollfd p[3] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = w->on.events, .events = POLLIN},
                              {.fd = w->from, .events = POLLIN}};
        const int n = poll(p, 3, filewatch_patience(&w->on));

        if (keeper_interrupted)
            return err_set(e, ERR_STOPPED, "interrupted");
        if ((screen_resumed() | screen_resized()) && w->result && w->from < 0)
            show_result(w);
        if (n > 0 && p[1].revents)
            filewatch_drain(&w->on);
        if (n > 0 && p[2].revents)
            read_answer(w);
        if (n > 0 && p[0].revents && read_keys(w, e) < 0)
            return -1;
        if (!w->quit && filewatch_changed(&w->on) && start_grading(w, e) < 0)
            return -1;
    }
    return EXIT_ALL_PASS;
}

static int choose(struct watch *w, const char *word, bool *first_time, struct err *e)
{
    json_t *scores = NULL;
    const struct exercise *x = NULL;

    if (scores_load(&scores, e) < 0)
        return -1;
    *first_time = !scores_last(scores);
    if (word)
        x = course_find(&w->c, word);
    else if (!(x = own_exercise(&w->c)))
        x = next_open(&w->c, scores, NULL);
    json_decref(scores);
    if (word && !x)
        return course_unknown(&w->c, word, e);
    if (!x)
        return err_set(e, ERR_USAGE, "every exercise has all its points; name one to see it");
    if (x->broken.kind != ERR_NONE) {
        *e = x->broken;
        return -1;
    }
    return open_exercise(w, x, e);
}

static int watch(struct watch *w, const char *word, struct err *e)
{
    bool first_time = false;
    int rc;

    if (!isatty(STDIN_FILENO))
        return err_set(e, ERR_USAGE,
                       "it reads keys from a terminal, and there is none; "
                       "'lockstep grade' grades once");
    if (course_load(&w->a, &w->c, e) < 0 || choose(w, word, &first_time, e) < 0)
        return -1;
    catch_interrupts();
    screen_open();
    rc = start_grading(w, e);
    if (first_time)
        show_welcome(w);
    if (rc == 0)
        rc = loop(w, e);
    stop_grading(w);
    screen_close();
    return rc;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct watch w = {.lang = user_language(), .on = {.events = -1}, .from = -1};
    int first = options_parse(&cmd_watch, argc, argv, use, &w, e), rc;

    if (first < 0)
        return first;
    if (argc - first > 1)
        return err_set(e, ERR_USAGE, "'%s' is not expected", argv[first + 1]);
    rc = watch(&w, argv[first], e);
    json_decref(w.result);
    buf_release(&w.answer);
    filewatch_close(&w.on);
    arena_release(&w.a);
    return rc;
}

const struct cmd cmd_watch = {
    .name = "watch",
    .args = "[EXERCISE] [OPTIONS]",
    .rows = rows,
    .summary = "grade an exercise whenever its file is saved; keys for hints and more",
    .run = run,
};
