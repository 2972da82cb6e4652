/* mkseccomp.c - made and run at build time: prints the seccomp filters of lockstep-init as C.
 *
 * A deny-list (SANDBOX 3.5): homework may do what POSIX offers, so all is allowed but what
 * reaches other processes' memory, makes namespaces and mounts, configures the machine, or has
 * been a way out of sandboxes before. Every compare of an integer argument masks 32 bits,
 * because the kernel looks at no more than that (CVE-2019-10063); the 32-bit and x32 entries
 * kill.
 *
 * "fallback" in addition refuses datagram sockets: there is no network namespace around it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const denied[] = {
    /* other processes */
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
    "pidfd_open", "pidfd_send_signal",
    /* namespaces and mounts */
    "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr",
    /* the kernel's own machinery */
    "bpf", "perf_event_open", "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "create_module", "query_module", "get_kernel_syms", "userfaultfd",
    "keyctl", "add_key", "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "open_by_handle_at", "name_to_handle_at", "lookup_dcookie", "fanotify_init",
    "fanotify_mark", "quotactl", "quotactl_fd", "acct", "swapon", "swapoff", "reboot", "syslog",
    "nfsservctl", "uselib", "ustat", "sysfs", "_sysctl", "vhangup", "modify_ldt", "iopl",
    "ioperm", "vm86", "vm86old", "memfd_secret",
    /* memory placement */
    "move_pages", "migrate_pages", "mbind", "set_mempolicy", "get_mempolicy",
    "set_mempolicy_home_node",
    /* the machine's clock and name */
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime", "sethostname",
    "setdomainname"};

static void must(int rc, const char *what)
{
    if (rc < 0) {
        fprintf(stderr, "mkseccomp: %s: error %d\n", what, rc);
        exit(1);
    }
}

static void deny(scmp_filter_ctx f, int error, const char *name, unsigned n,
                 const struct scmp_arg_cmp *args)
{
    const int nr = seccomp_syscall_resolve_name(name);

    if (nr == __NR_SCMP_ERROR || nr < 0) /* not of this architecture: nothing to deny */
        return;
    must(seccomp_rule_add_array(f, SCMP_ACT_ERRNO((unsigned)error), nr, n, args), name);
}

static void deny_bits(scmp_filter_ctx f, const char *name, unsigned arg, unsigned bits)
{
    const struct scmp_arg_cmp c = SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, bits, bits);

    deny(f, EPERM, name, 1, &c);
}

static void namespaces(scmp_filter_ctx f)
{
    static const unsigned flags[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                     CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        deny_bits(f, "clone", 0, flags[i]);
        deny_bits(f, "unshare", 0, flags[i]); /* of descriptors and the like it is allowed */
    }
    deny_bits(f, "unshare", 0, 0x80);   /* CLONE_NEWTIME */
    deny(f, ENOSYS, "clone3", 0, NULL); /* its flags are in memory; libraries fall back */
}

/* Families 1, 2, 10 and 16; the rest, whatever its high bits say, does not exist. */
static void sockets(scmp_filter_ctx f)
{
    static const unsigned known[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    static const char *const calls[] = {"socket", "socketpair"};

    for (size_t c = 0; c < 2; c++) {
        for (unsigned family = 0; family < 64; family++) {
            struct scmp_arg_cmp is = SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, 0xffffffffu, family);
            int ok = 0;

            for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
                ok |= known[i] == family;
            if (!ok)
                deny(f, EAFNOSUPPORT, calls[c], 1, &is);
        }
        for (unsigned bit = 6; bit < 32; bit++) {
            struct scmp_arg_cmp has = SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, 1u << bit, 1u << bit);

            deny(f, EAFNOSUPPORT, calls[c], 1, &has);
        }
    }
}

/* Without O_CREAT the mode is whatever was in the register. */
static void creating(scmp_filter_ctx f, const char *name, unsigned flags)
{
    for (unsigned bit = 02000; bit <= 04000; bit <<= 1) {
        const struct scmp_arg_cmp made[] = {
            SCMP_CMP64(flags, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT),
            SCMP_CMP64(flags + 1, SCMP_CMP_MASKED_EQ, bit, bit)};

        deny(f, EPERM, name, 2, made);
    }
}

static void arguments(scmp_filter_ctx f)
{
    static const unsigned injecting[] = {TIOCSTI, TIOCLINUX};
    static const struct {
        const char *name;
        unsigned mode;
    } modes[] = {{"chmod", 1},   {"fchmod", 1}, {"fchmodat", 2}, {"fchmodat2", 2}, {"mkdir", 1},
                 {"mkdirat", 2}, {"mknod", 1},  {"mknodat", 2},  {"creat", 1}};

    for (size_t i = 0; i < 2; i++) {
        struct scmp_arg_cmp c = SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, 0xffffffffu, injecting[i]);

        deny(f, EPERM, "ioctl", 1, &c);
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        deny_bits(f, modes[i].name, modes[i].mode, 04000);
        deny_bits(f, modes[i].name, modes[i].mode, 02000);
    }
    creating(f, "open", 1);
    creating(f, "openat", 2);
    deny_bits(f, "personality", 0, 0x0400000); /* READ_IMPLIES_EXEC */
}

/* prlimit(2) on another process asks for its user only, so it reached init (as pid 1, not
 * dumpable) and, outside namespaces, the keeper. One's own is pid 0, as libraries have it. */
static void other_limits(scmp_filter_ctx f)
{
    for (unsigned bit = 0; bit < 32; bit++)
        deny_bits(f, "prlimit64", 0, 1u << bit);
}

static void print(scmp_filter_ctx f, const char *name)
{
    struct sock_filter ins;
    FILE *file = tmpfile();

    if (!file) {
        perror("mkseccomp: tmpfile");
        exit(1);
    }
    must(seccomp_export_bpf(f, fileno(file)), "export");
    rewind(file);
    printf("static const struct sock_filter %s[] = {\n", name);
    while (fread(&ins, sizeof ins, 1, file) == 1)
        printf("    {0x%04x, %u, %u, 0x%08xu},\n", ins.code, ins.jt, ins.jf, ins.k);
    printf("};\n");
    fclose(file);
}

static void make(const char *name, int fallback)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

    if (!f)
        must(-1, "seccomp_init");
    must(seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "bad entries");
    must(seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2), "binary tree");
    for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++)
        deny(f, EPERM, denied[i], 0, NULL);
    namespaces(f);
    sockets(f);
    arguments(f);
    other_limits(f);
    if (fallback)
        for (unsigned family = AF_INET; family <= AF_INET6; family += AF_INET6 - AF_INET) {
            const struct scmp_arg_cmp datagram[] = {
                SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, 0xffffffffu, family),
                SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM)};

            deny(f, EAFNOSUPPORT, "socket", 2, datagram);
        }
    print(f, name);
    seccomp_release(f);
}

int main(void)
{
    printf("/* Made by grader/sandbox/init/mkseccomp.c. */\n");
    make("filter_full", 0);
    make("filter_fallback", 1);
    return 0;
}
