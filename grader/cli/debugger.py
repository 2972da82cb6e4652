"""debugger.py - what gdb is told when it shows a schedule; built into lockstep (debugger.c).

All tasks of a process share one kernel thread, so gdb sees one thread. `tasks` lists them from the
explorer's own table; `task N` puts the registers to where task N stands: fiber_swap() has pushed r15 to rbp
and the address to return to. Frames of the explorer are left out of backtraces (bt -no-filters has them).
GDB manual, "Extending GDB using Python".
"""
import gdb

PUSHED = ("r15", "r14", "r13", "r12", "rbx", "rbp", "rip")
here = {}  # registers of the task that failed, while another one is looked at
known = {}


def is_ours(frame):
    sal = frame.find_sal()
    return not sal.symtab or "grader/runtime/" in sal.symtab.filename


class OwnFrames:
    name, priority, enabled = "lockstep", 100, True

    def filter(self, frames):
        return (f for f in frames if not is_ours(f.inferior_frame()))


def world():
    if "W" not in known:  # in the frame of the runtime: the program may have a W of its own
        gdb.newest_frame().select()
        known["W"] = gdb.parse_and_eval("W")
    return known["W"]


def who(task):
    number, process = int(task["id"]), int(task["process"])
    if number == 0:
        return "main"
    if process == 0:
        return f"thread {number}"
    if int(world()["processes"][process]["main"]) == number:
        return f"process {process}"
    return f"thread {number} of process {process}"


def show():
    frame = gdb.newest_frame()
    while frame and is_ours(frame):
        frame = frame.older()
    if frame:
        frame.select()
        gdb.execute("frame")
    else:
        print("It stands in no code of the program.")


def put(registers):
    gdb.newest_frame().select()
    for name, value in registers.items():
        gdb.execute(f"set ${name} = {value}")


def place(task):
    """The registers of a task that does not run."""
    fiber = task["fiber"]
    sp = int(fiber["sp"])
    memory = gdb.selected_inferior().read_memory(sp, 8 * len(PUSHED)).tobytes()
    registers = {name: int.from_bytes(memory[8 * i:8 * i + 8], "little") for i, name in enumerate(PUSHED)}
    return dict(registers, rsp=sp + 8 * len(PUSHED), fs_base=int(fiber["fs"]))


def back():
    if here:
        put(here)
        here.clear()


def look_at(task):
    back()
    if int(task["id"]) != int(world()["me"]["id"]):
        gdb.newest_frame().select()
        here.update({name: int(gdb.parse_and_eval(f"(unsigned long)${name}"))
                     for name in PUSHED + ("rsp", "fs_base")})
        put(place(task))


def why_not(task):
    if "DONE" in str(task["state"]):
        return "has ended"
    process = int(task["process"])
    if process == int(world()["me"]["process"]):
        return None
    pid = int(world()["processes"][process]["real"])
    for inferior in gdb.inferiors():
        if inferior.pid == pid:
            return f"is in another process: 'inferior {inferior.num}' looks at it"
    return "is in another process"


class Task(gdb.Command):
    """task N: look at where task N stands (see tasks). task: back to the one that failed."""

    def __init__(self):
        super().__init__("task", gdb.COMMAND_STACK)

    def invoke(self, word, from_tty):
        number = int(word) if word.strip().isdigit() else int(world()["me"]["id"])
        if number >= int(world()["task_count"]):
            raise gdb.GdbError(f"there is no task {number}; 'tasks' lists them")
        task = world()["tasks"][number]
        if why_not(task):
            raise gdb.GdbError(f"{who(task)} {why_not(task)}")
        look_at(task)
        show()


class Tasks(gdb.Command):
    """tasks: all threads and processes of the schedule; * is the one that failed."""

    def __init__(self):
        super().__init__("tasks", gdb.COMMAND_STACK)

    def invoke(self, word, from_tty):
        w = world()
        for number in range(int(w["task_count"])):
            task = w["tasks"][number]
            if not task["mailman"]:
                mark = "*" if number == int(w["me"]["id"]) else " "
                print(f"{mark} task {number}  {who(task)}{'  (' + why_not(task) + ')' if why_not(task) else ''}")


def stopped():
    here.clear()
    print(f"{who(world()['me'])} is where it fails:")
    show()
    Tasks().invoke("", False)
    print("task N: where another one stands; task: back; bt: the program's own frames")


def main():
    gdb.frame_filters["lockstep"] = OwnFrames()
    Task()
    Tasks()
    gdb.execute("define hook-continue\npython back()\nend")  # it goes on where it was
    gdb.execute("handle SIGSEGV SIGVTALRM nostop noprint pass", to_string=True)
    gdb.execute("set detach-on-fork off")  # processes wait for each other: all of them run on
    gdb.execute("set schedule-multiple on")
    gdb.execute("set environment LOCKSTEP_SETTLED 1")
    gdb.execute("set environment LD_BIND_NOW 1")
    gdb.Breakpoint("lockstep_failed").commands = "silent\npython stopped()"


main()
