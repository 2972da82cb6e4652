/* store.c - the SQLite file: schema, and one small function a question.
 *
 *   source   bytes by hash          result   by key, with verdicts a test beside it
 *   student  unit  note  setting    the class of the present run
 *
 * WAL with synchronous=NORMAL: a killed process loses nothing that was committed, and a power
 * cut at most the last results, which are then made again.
 */
#include "batch/store.h"

#include <sqlite3.h>
#include <string.h>

#include "batch/unitfile.h"
#include "core/verdict.h"

enum { SCHEMA = 1 };

struct store {
    sqlite3 *db;
    char *path;
};

#define X(constant, name, headline, look) "'" name "',"
static const char schema[] =
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE source(hash TEXT PRIMARY KEY, text BLOB);"
    "CREATE TABLE student(id INTEGER PRIMARY KEY, name TEXT NOT NULL, number TEXT NOT NULL,"
    " email TEXT NOT NULL, submission TEXT NOT NULL, folder TEXT NOT NULL UNIQUE);"
    "CREATE TABLE unit(student INTEGER NOT NULL, exercise TEXT NOT NULL, source TEXT, path "
    "TEXT,"
    " refused TEXT, key TEXT, reason TEXT, moment INTEGER NOT NULL, late INTEGER NOT NULL,"
    " PRIMARY KEY(student, exercise)) WITHOUT ROWID;"
    "CREATE INDEX unit_source ON unit(exercise, source);"
    "CREATE INDEX unit_key ON unit(key);"
    "CREATE TABLE note(student INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE result(key TEXT PRIMARY KEY, exercise TEXT NOT NULL, score INTEGER NOT NULL,"
    " max INTEGER NOT NULL, cpu REAL NOT NULL, result TEXT NOT NULL, timing TEXT NOT NULL);"
    "CREATE TABLE verdict(key TEXT NOT NULL, test TEXT NOT NULL, place INTEGER NOT NULL,"
    " points INTEGER NOT NULL, max INTEGER NOT NULL,"
    " verdict TEXT NOT NULL CHECK(verdict IN (" VERDICTS(
        X) "'')),"
           " PRIMARY KEY(key, test)) WITHOUT ROWID;";
#undef X

static int fault(struct store *s, struct err *e)
{
    const int code = sqlite3_errcode(s->db);

    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return err_set(e, ERR_SYSTEM,
                       "another batch is at work on '%s'; wait for it, or choose "
                       "another OUT",
                       s->path);
    if (code == SQLITE_FULL)
        return err_set(e, ERR_SYSTEM,
                       "the disk with '%s' is full; make room and run the same command again",
                       s->path);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return err_set(e, ERR_SYSTEM,
                       "'%s' is damaged or no store of Lockstep; move it away and run again",
                       s->path);
    return err_set(e, ERR_SYSTEM, "cannot use '%s': %s", s->path, sqlite3_errmsg(s->db));
}

static int run(struct store *s, const char *sql, struct err *e)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fault(s, e);
}

/* A statement with its text parameters bound; NULL pointers bind NULL. */
static sqlite3_stmt *prepare(struct store *s, const char *sql, const char *const *words, int n)
{
    sqlite3_stmt *q = NULL;

    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
        return NULL;
    for (int i = 0; i < n; i++)
        sqlite3_bind_text(q, i + 1, words[i], -1, SQLITE_TRANSIENT);
    return q;
}

/* Runs one that returns nothing. */
static int done(struct store *s, sqlite3_stmt *q, struct err *e)
{
    int rc = q ? sqlite3_step(q) : SQLITE_ERROR;

    rc = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : fault(s, e);
    sqlite3_finalize(q);
    return rc;
}

static int change(struct store *s, const char *sql, const char *const *words, int n,
                  struct err *e)
{
    return done(s, prepare(s, sql, words, n), e);
}

static const char *column(sqlite3_stmt *q, int i)
{
    return (const char *)sqlite3_column_text(q, i);
}

static int version(struct store *s, int *ret)
{
    sqlite3_stmt *q = prepare(s, "PRAGMA user_version", NULL, 0);
    const int rc = q ? sqlite3_step(q) : SQLITE_ERROR;

    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return rc == SQLITE_ROW ? 0 : -1;
}

static int set_up(struct store *s, struct err *e)
{
    int v;

    sqlite3_busy_timeout(s->db, 2000);
    /* exclusive: two batches on one OUT would grade twice; the lock goes with the process */
    if (run(s,
            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "PRAGMA cache_size=-4096; BEGIN IMMEDIATE; COMMIT",
            e) < 0)
        return -1;
    if (version(s, &v) < 0)
        return fault(s, e);
    if (v == SCHEMA)
        return 0;
    if (v != 0)
        return err_set(
            e, ERR_SYSTEM,
            "'%s' was made by another version of Lockstep (%d, not %d); move it away", s->path,
            v, SCHEMA);
    if (run(s, "BEGIN", e) < 0 || run(s, schema, e) < 0 ||
        run(s, "PRAGMA user_version=1; COMMIT", e) < 0)
        return -1;
    return 0;
}

int store_open(const char *path, struct store **ret, struct err *e)
{
    struct store *s = calloc(1, sizeof *s);

    if (!s || !(s->path = strdup(path))) {
        free(s);
        return err_oom(e);
    }
    if (sqlite3_open(path, &s->db) != SQLITE_OK) {
        fault(s, e);
        store_close(s);
        return -1;
    }
    if (set_up(s, e) < 0) {
        store_close(s);
        return -1;
    }
    *ret = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    sqlite3_close(s->db);
    free(s->path);
    free(s);
}

int store_begin(struct store *s, struct err *e)
{
    return run(s, "BEGIN IMMEDIATE", e);
}

int store_commit(struct store *s, struct err *e)
{
    return run(s, "COMMIT", e);
}

void store_rollback(struct store *s)
{
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

int store_set(struct store *s, const char *name, const char *value, struct err *e)
{
    if (!value)
        return change(s, "DELETE FROM setting WHERE name=?1", &name, 1, e);
    return change(s, "INSERT OR REPLACE INTO setting VALUES(?1, ?2)",
                  (const char *[]){name, value}, 2, e);
}

const char *store_get(struct store *s, const char *name, struct arena *a)
{
    sqlite3_stmt *q = prepare(s, "SELECT value FROM setting WHERE name=?1", &name, 1);
    const char *v = q && sqlite3_step(q) == SQLITE_ROW ? arena_strdup(a, column(q, 0)) : NULL;

    sqlite3_finalize(q);
    return v;
}

/* ---- the class ------------------------------------------------------------------------------
 */

int store_forget_class(struct store *s, struct err *e)
{
    return run(s, "DELETE FROM student; DELETE FROM unit; DELETE FROM note", e);
}

int store_add_student(struct store *s, const struct stored_student *st, struct err *e)
{
    sqlite3_stmt *q = prepare(
        s, "INSERT INTO student VALUES(?6, ?1, ?2, ?3, ?4, ?5)",
        (const char *[]){st->name, st->number, st->email, st->submission, st->folder}, 5);

    if (q)
        sqlite3_bind_int(q, 6, st->id);
    return done(s, q, e);
}

int store_add_unit(struct store *s, const struct stored_unit *u, struct err *e)
{
    sqlite3_stmt *q = prepare(
        s, "INSERT INTO unit VALUES(?7, ?1, ?2, ?3, ?4, ?5, ?6, ?8, ?9)",
        (const char *[]){u->exercise, u->source, u->path, u->refused, u->key, u->reason}, 6);

    if (q) {
        sqlite3_bind_int(q, 7, u->student);
        sqlite3_bind_int64(q, 8, u->when);
        sqlite3_bind_int(q, 9, u->late);
    }
    return done(s, q, e);
}

int store_add_note(struct store *s, int student, const char *kind, const char *text,
                   struct err *e)
{
    sqlite3_stmt *q =
        prepare(s, "INSERT INTO note VALUES(?3, ?1, ?2)", (const char *[]){kind, text}, 2);

    if (q)
        sqlite3_bind_int(q, 3, student);
    return done(s, q, e);
}

int store_add_source(struct store *s, const char *hash, const char *text, size_t len,
                     struct err *e)
{
    sqlite3_stmt *q = prepare(s, "INSERT OR IGNORE INTO source VALUES(?1, ?2)", &hash, 1);

    if (q && text)
        sqlite3_bind_blob64(q, 2, text, len, SQLITE_STATIC);
    return done(s, q, e);
}

int store_source(struct store *s, const char *hash, char **ret, size_t *ret_len, struct err *e)
{
    sqlite3_stmt *q = prepare(s, "SELECT text FROM source WHERE hash=?1", &hash, 1);
    const int rc = q ? sqlite3_step(q) : SQLITE_ERROR;
    char *copy = NULL;
    size_t len = 0;

    if (rc == SQLITE_ROW && sqlite3_column_type(q, 0) != SQLITE_NULL) {
        len = (size_t)sqlite3_column_bytes(q, 0);
        copy = calloc(1, len + 1);
        if (copy && len)
            memcpy(copy, sqlite3_column_blob(q, 0), len);
    }
    sqlite3_finalize(q);
    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? 0 : fault(s, e);
    *ret = copy;
    *ret_len = len;
    return 1;
}

int store_each_student(struct store *s, int (*f)(void *, const struct stored_student *),
                       void *ctx, struct err *e)
{
    sqlite3_stmt *q = prepare(
        s, "SELECT id, name, number, email, submission, folder FROM student ORDER BY id", NULL,
        0);
    int rc = SQLITE_ERROR;

    while (q && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const struct stored_student st = {sqlite3_column_int(q, 0),
                                          column(q, 1),
                                          column(q, 2),
                                          column(q, 3),
                                          column(q, 4),
                                          column(q, 5)};

        if (f(ctx, &st) < 0) {
            sqlite3_finalize(q);
            return -1;
        }
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? 0 : fault(s, e);
}

#define UNIT_COLUMNS "student, exercise, source, path, refused, key, reason, moment, late"

int store_each_unit(struct store *s, int student, int (*f)(void *, const struct stored_unit *),
                    void *ctx, struct err *e)
{
    sqlite3_stmt *q = prepare(
        s,
        student ? "SELECT " UNIT_COLUMNS " FROM unit WHERE student=?1 ORDER BY exercise"
                : "SELECT " UNIT_COLUMNS " FROM unit ORDER BY exercise, source, student",
        NULL, 0);
    int rc = SQLITE_ERROR;

    if (q && student)
        sqlite3_bind_int(q, 1, student);
    while (q && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const struct stored_unit u = {.student = sqlite3_column_int(q, 0),
                                      .exercise = column(q, 1),
                                      .source = column(q, 2),
                                      .path = column(q, 3),
                                      .refused = column(q, 4),
                                      .key = column(q, 5),
                                      .reason = column(q, 6),
                                      .when = sqlite3_column_int64(q, 7),
                                      .late = sqlite3_column_int(q, 8) != 0};

        if (f(ctx, &u) < 0) {
            sqlite3_finalize(q);
            return -1;
        }
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? 0 : fault(s, e);
}

int store_each_note(struct store *s,
                    int (*f)(void *, int student, const char *kind, const char *text),
                    void *ctx, struct err *e)
{
    sqlite3_stmt *q = prepare(
        s, "SELECT student, kind, text FROM note ORDER BY kind, student, text", NULL, 0);
    int rc = SQLITE_ERROR;

    while (q && (rc = sqlite3_step(q)) == SQLITE_ROW)
        if (f(ctx, sqlite3_column_int(q, 0), column(q, 1), column(q, 2)) < 0) {
            sqlite3_finalize(q);
            return -1;
        }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? 0 : fault(s, e);
}

int store_bind(struct store *s, const char *exercise, const char *source, const char *key,
               const char *reason, struct err *e)
{
    return change(s,
                  "UPDATE unit SET key=?3, reason=?4 WHERE exercise=?1 AND source IS ?2"
                  " AND refused IS NULL",
                  (const char *[]){exercise, source, key, reason}, 4, e);
}

/* ---- results
 * --------------------------------------------------------------------------------- */

bool store_has(struct store *s, const char *key)
{
    sqlite3_stmt *q = prepare(s, "SELECT 1 FROM result WHERE key=?1", &key, 1);
    const bool has = q && sqlite3_step(q) == SQLITE_ROW;

    sqlite3_finalize(q);
    return has;
}

static int put_verdicts(struct store *s, const char *key, const json_t *unit, struct err *e)
{
    const json_t *t;
    size_t i;

    json_array_foreach(json_object_get(unit, "tests"), i, t)
    {
        sqlite3_stmt *q =
            prepare(s, "INSERT OR REPLACE INTO verdict VALUES(?1, ?2, ?4, ?5, ?6, ?3)",
                    (const char *[]){key, json_string_value(json_object_get(t, "id")),
                                     json_string_value(json_object_get(t, "verdict"))},
                    3);

        if (q) {
            sqlite3_bind_int(q, 4, (int)i);
            sqlite3_bind_int64(q, 5, json_integer_value(json_object_get(t, "points")));
            sqlite3_bind_int64(q, 6, json_integer_value(json_object_get(t, "max")));
        }
        if (done(s, q, e) < 0)
            return -1;
    }
    return 0;
}

static int put_result(struct store *s, const char *exercise, const char *key,
                      const json_t *result, const json_t *timing, struct err *e)
{
    auto_free char *r = json_dumps(result, JSON_COMPACT), *t = json_dumps(timing, JSON_COMPACT);
    const json_t *unit = json_array_get(json_object_get(result, "exercises"), 0);
    sqlite3_stmt *q;

    if (!r || !t)
        return err_oom(e);
    q = prepare(s, "INSERT OR REPLACE INTO result VALUES(?1, ?2, ?5, ?6, ?7, ?3, ?4)",
                (const char *[]){key, exercise, r, t}, 4);
    if (q) {
        sqlite3_bind_int64(q, 5, json_integer_value(json_object_get(unit, "score")));
        sqlite3_bind_int64(q, 6, json_integer_value(json_object_get(unit, "max")));
        sqlite3_bind_double(q, 7, timing_typical(timing).cpu_s);
    }
    return done(s, q, e) < 0 ? -1 : put_verdicts(s, key, unit, e);
}

int store_put(struct store *s, const char *exercise, const char *key, const json_t *result,
              const json_t *timing, struct err *e)
{
    if (store_begin(s, e) < 0)
        return -1;
    if (put_result(s, exercise, key, result, timing, e) < 0 || store_commit(s, e) < 0) {
        store_rollback(s);
        return -1;
    }
    return 0;
}

int store_result(struct store *s, const char *key, json_t **ret_result, json_t **ret_timing,
                 struct err *e)
{
    sqlite3_stmt *q = prepare(s, "SELECT result, timing FROM result WHERE key=?1", &key, 1);
    const int rc = q ? sqlite3_step(q) : SQLITE_ERROR;
    json_t *r = NULL, *t = NULL;

    if (rc == SQLITE_ROW) {
        r = json_loads(column(q, 0), 0, NULL);
        t = json_loads(column(q, 1), 0, NULL);
    }
    sqlite3_finalize(q);
    if (rc == SQLITE_DONE)
        return 0;
    if (rc != SQLITE_ROW)
        return fault(s, e);
    if (!r || !t) {
        json_decref(r);
        json_decref(t);
        return err_set(e, ERR_SYSTEM, "a result in '%s' is damaged; move it away and run again",
                       s->path);
    }
    *ret_result = r;
    *ret_timing = t;
    return 1;
}

bool store_typical(struct store *s, const char *exercise, struct typical *ret)
{
    sqlite3_stmt *q = prepare(s,
                              "SELECT timing FROM result WHERE exercise=?1 AND cpu>0"
                              " ORDER BY rowid DESC LIMIT 100",
                              &exercise, 1);
    struct typical sum = {0};
    int n = 0;

    while (q && sqlite3_step(q) == SQLITE_ROW) {
        json_t *timing = json_loads((const char *)sqlite3_column_text(q, 0), 0, NULL);
        const struct typical t = timing_typical(timing);

        json_decref(timing);
        sum.cpu_s += t.cpu_s;
        sum.wall_s += t.wall_s;
        n++;
    }
    sqlite3_finalize(q);
    if (n > 0)
        *ret = (struct typical){sum.cpu_s / n, sum.wall_s / n};
    return n > 0;
}

int store_query(struct store *s, const char *sql, const char *argument,
                int (*f)(void *, const char *const *columns, int count), void *ctx,
                struct err *e)
{
    enum { COLUMNS = 16 };
    sqlite3_stmt *q = prepare(s, sql, &argument, argument != NULL);
    const char *values[COLUMNS];
    int rc = SQLITE_ERROR;

    while (q && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const int n = sqlite3_column_count(q) < COLUMNS ? sqlite3_column_count(q) : COLUMNS;

        for (int i = 0; i < n; i++)
            values[i] = column(q, i) ? column(q, i) : "";
        if (f(ctx, values, n) < 0) {
            sqlite3_finalize(q);
            return -1;
        }
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? 0 : fault(s, e);
}
