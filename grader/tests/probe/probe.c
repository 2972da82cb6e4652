/* probe.c - tries, from inside a sandbox, each system call that the filter must refuse, also
 * with high bits in integer arguments (the kernel ignores them, a careless filter does not),
 * and the 32-bit and x32 entries, which kill. Prints the name of each that was let through,
 * then "done".
 *
 * Static and by number throughout: the filter is tested, not a library.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH (1ul << 32)

static void refused(const char *name, int error, long number, unsigned long a, unsigned long b,
                    unsigned long c, unsigned long d)
{
    errno = 0;
    if (syscall(number, a, b, c, d, 0, 0) != -1 || errno != error)
        printf("%s: errno %d\n", name, errno);
}

static void by_number(void)
{
    static const struct {
        const char *name;
        long number;
    } calls[] = {{"ptrace", SYS_ptrace},
                 {"process_vm_readv", SYS_process_vm_readv},
                 {"process_vm_writev", SYS_process_vm_writev},
                 {"kcmp", SYS_kcmp},
                 {"pidfd_open", SYS_pidfd_open},
                 {"pidfd_send_signal", SYS_pidfd_send_signal},
                 {"process_madvise", SYS_process_madvise},
                 {"setns", SYS_setns},
                 {"mount", SYS_mount},
                 {"umount2", SYS_umount2},
                 {"pivot_root", SYS_pivot_root},
                 {"chroot", SYS_chroot},
                 {"fsopen", SYS_fsopen},
                 {"open_tree", SYS_open_tree},
                 {"bpf", SYS_bpf},
                 {"perf_event_open", SYS_perf_event_open},
                 {"userfaultfd", SYS_userfaultfd},
                 {"keyctl", SYS_keyctl},
                 {"add_key", SYS_add_key},
                 {"io_uring_setup", SYS_io_uring_setup},
                 {"open_by_handle_at", SYS_open_by_handle_at},
                 {"name_to_handle_at", SYS_name_to_handle_at},
                 {"kexec_load", SYS_kexec_load},
                 {"init_module", SYS_init_module},
                 {"reboot", SYS_reboot},
                 {"mbind", SYS_mbind},
                 {"move_pages", SYS_move_pages},
                 {"clock_settime", SYS_clock_settime},
                 {"sethostname", SYS_sethostname},
                 {"modify_ldt", SYS_modify_ldt}};

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        refused(calls[i].name, EPERM, calls[i].number, 0, 0, 0, 0);
    refused("clone3", ENOSYS, SYS_clone3, 0, 0, 0, 0);
}

static void with_arguments(unsigned long high)
{
    static const int families[] = {AF_VSOCK, AF_ALG, AF_PACKET, AF_KEY, 63, 64, 1000, 1 << 20};

    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        refused("socket", EAFNOSUPPORT, SYS_socket, (unsigned long)families[i] | high,
                SOCK_STREAM, 0, 0);
        refused("socketpair", EAFNOSUPPORT, SYS_socketpair, (unsigned long)families[i] | high,
                SOCK_STREAM, 0, 0);
    }
    refused("ioctl TIOCSTI", EPERM, SYS_ioctl, 0, TIOCSTI | high, (unsigned long)"x", 0);
    refused("ioctl TIOCLINUX", EPERM, SYS_ioctl, 0, TIOCLINUX | high, (unsigned long)"x", 0);
    refused("clone NEWUSER", EPERM, SYS_clone, CLONE_NEWUSER | SIGCHLD | high, 0, 0, 0);
    refused("clone NEWPID", EPERM, SYS_clone, CLONE_NEWPID | SIGCHLD | high, 0, 0, 0);
    refused("unshare NEWUSER", EPERM, SYS_unshare, CLONE_NEWUSER | high, 0, 0, 0);
    refused("unshare NEWNS", EPERM, SYS_unshare, CLONE_NEWNS | high, 0, 0, 0);
    refused("chmod setuid", EPERM, SYS_chmod, (unsigned long)"/tmp/probe", 04755 | high, 0, 0);
    refused("fchmodat setgid", EPERM, SYS_fchmodat, (unsigned long)AT_FDCWD,
            (unsigned long)"/tmp/probe", 02755 | high, 0);
    refused("openat setuid", EPERM, SYS_openat, (unsigned long)AT_FDCWD,
            (unsigned long)"/tmp/probe", (O_CREAT | O_WRONLY) | high, 04755 | high);
    refused("personality", EPERM, SYS_personality, 0x0400000 | high, 0, 0, 0);
}

/* Through another door the numbers mean other calls: there is no answer but death. */
static void kills(const char *name, int how)
{
    int status = 0;
    const pid_t child = fork();

    if (child == 0) {
        if (how == 0)
            __asm__ volatile("int $0x80" ::"a"(20) : "memory"); /* getpid of i386 */
        else
            syscall(0x40000000 | SYS_getpid);
        _exit(0);
    }
    /* A kernel without the 32-bit entry (CONFIG_IA32_EMULATION) answers it with SIGSEGV. */
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSIGNALED(status) ||
        (WTERMSIG(status) != SIGSYS && (how != 0 || WTERMSIG(status) != SIGSEGV)))
        printf("%s: status %x\n", name, (unsigned)status);
}

int main(void)
{
    by_number();
    with_arguments(0);
    with_arguments(HIGH);
    with_arguments(0xffffffff00000000ul);
    kills("the 32-bit entry", 0);
    kills("the x32 entry", 1);
    if (syscall(SYS_unshare, CLONE_FS | CLONE_FILES) != 0)
        printf("unshare of descriptors is refused: %d\n", errno);
    puts("done");
    return 0;
}
