#!/usr/bin/env python3
"""dirty.py - sixty hand-ins as students really send them, in one zip of Moodle's.

    dirty.py RIGHT.c OTHER.c OUT.zip STUB.c     prints a line each: STUDENT PLAIN ACCEPTED

PLAIN is what batch must say without, ACCEPTED with --accept-names: points, "-" (nothing submitted)
or "?" (not graded, no zero). RIGHT.c is a right event.c, OTHER.c a right lock.c. Only exercise
08-event is graded. Archives of other kinds are made by libarchive; a stored rar by hand, since no
packer for it is free.
"""
import ctypes
import io
import pathlib
import struct
import sys
import tarfile
import zipfile
import zlib

RIGHT = pathlib.Path(sys.argv[1]).read_bytes()
OTHER = pathlib.Path(sys.argv[2]).read_bytes()
HANDED_OUT = pathlib.Path(sys.argv[4]).read_bytes()
STUB = b"int main(void) { return 0; }\n"


def zipped(*files):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files:
            z.writestr(name, data)
    return b.getvalue()


def zipped_gbk(name, data):
    """As an archiver on a Chinese Windows does: the name in GBK, no flag that says so."""
    plain = name.encode("gbk")
    whole = zipped(("x" * len(plain), data))
    return whole.replace(b"x" * len(plain), plain)


def tarred(mode, *files):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode=mode) as t:
        for name, data in files:
            i = tarfile.TarInfo(name)
            i.size = len(data)
            t.addfile(i, io.BytesIO(data))
    return b.getvalue()


def seven(*files):
    """7z by libarchive (archive_write(3))."""
    la = ctypes.CDLL("libarchive.so.13")
    for f in ("archive_write_new", "archive_entry_new"):
        getattr(la, f).restype = ctypes.c_void_p
    out, used = ctypes.create_string_buffer(1 << 20), ctypes.c_size_t()
    a = ctypes.c_void_p(la.archive_write_new())
    la.archive_write_set_format_7zip(a)
    la.archive_write_open_memory(a, out, len(out), ctypes.byref(used))
    for name, data in files:
        e = ctypes.c_void_p(la.archive_entry_new())
        la.archive_entry_set_pathname(e, name.encode())
        la.archive_entry_set_size(e, ctypes.c_int64(len(data)))
        la.archive_entry_set_filetype(e, 0o100000)
        la.archive_entry_set_perm(e, 0o644)
        la.archive_write_header(a, e)
        la.archive_write_data(a, data, ctypes.c_size_t(len(data)))
        la.archive_entry_free(e)
    la.archive_write_close(a)
    return out.raw[:used.value]


def rar(name, data):
    """RAR 2.0, one file, stored (method 0x30); headers as unrar's technical note has them."""
    def block(kind, flags, body):
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(head) & 0xffff) + head
    body = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x5a214000, 20, 0x30,
                       len(name), 0o100644) + name.encode()
    return (b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6)) + block(0x74, 0x8000, body) + data +
            block(0x7b, 0x4000, b""))


def utf16(text, order):
    return text.decode().encode(f"utf-16-{order}")


R = RIGHT
crlf = R.replace(b"\n", b"\r\n")
CASES = [
    # the right name, in some folder, by some system
    ("plain", [("event.c", R)], 100, 100),
    ("folder", [("08-event/event.c", R)], 100, 100),
    ("exercises", [("exercises/08-event/event.c", R)], 100, 100),
    ("deep", [("homework/week 8/final version/event.c", R)], 100, 100),
    ("spaces", [("Übung 8 (Abgabe)/event.c", R)], 100, 100),
    ("chinese", [("第八次作业/event.c", R)], 100, 100),
    ("mac", [("event.c", R), ("__MACOSX/._event.c", b"\0\5\x16\7"), (".DS_Store", b"\0\0")], 100, 100),
    ("windows", [("event.c", R), ("Thumbs.db", b"\0\1"), ("desktop.ini", b"[x]\r\n")], 100, 100),
    ("clion", [("event.c", R), ("cmake-build-debug/CMakeCache.txt", b"x"), ("CMakeLists.txt", b"x")], 100, 100),
    ("all-files", [("08-event/event.c", R), ("08-event/event.h", b"// theirs\n"),
                   ("08-event/check_event.c", b"// theirs\n"), ("08-event/exercise.yml", b"id: x\n")], 100, 100),
    ("twice-same", [("event.c", R), ("backup/event.c", R)], 100, 100),
    ("with-object", [("event.c", R), ("event.o", b"\x7fELF\2\1\1"), ("a.out", b"\x7fELF\2\1\1")], 100, 100),
    ("with-pdf", [("event.c", R), ("report.pdf", b"%PDF-1.7\n")], 100, 100),
    ("two-exercises", [("08-event/event.c", R), ("09-lock/lock.c", OTHER)], 100, 100),
    # the right text in another coding
    ("crlf", [("event.c", crlf)], 100, 100),
    ("bom", [("event.c", b"\xef\xbb\xbf" + R)], 100, 100),
    ("utf16le", [("event.c", b"\xff\xfe" + utf16(R, "le"))], 100, 100),
    ("utf16be", [("event.c", b"\xfe\xff" + utf16(R, "be"))], 100, 100),
    ("utf16-bare", [("event.c", utf16(crlf, "le"))], 100, 100),
    ("gbk", [("event.c", R + "/* 我的第八次作业 */\n".encode("gbk"))], 100, 100),
    ("latin1", [("event.c", R + "/* Müller, René */\n".encode("latin-1"))], 100, 100),
    ("other-compiler", [("event.c", b"#pragma warning(disable: 4996)\n#pragma mark - mine\n" +
                         b"// not __has_include(\"x.h\")\n" + R)], 100, 100),
    ("no-newline", [("event.c", R.rstrip(b"\n"))], 100, 100),
    ("ctrl-z", [("event.c", R + b"\n/* end */ \n")], 100, 100),
    # archives
    ("zip", [("hw.zip", zipped(("event.c", R)))], 100, 100),
    ("zip-folder", [("hw.zip", zipped(("hw/08-event/event.c", R)))], 100, 100),
    ("zip-gbk", [("hw.zip", zipped_gbk("作业/event.c", R))], 100, 100),
    ("zip-backslash", [("hw.zip", zipped(("hw\\08-event\\event.c", R)))], 100, 100),
    ("zip-in-zip", [("hw.zip", zipped(("inner.zip", zipped(("event.c", R)))))], 100, 100),
    ("zip-thrice", [("a.zip", zipped(("b.zip", zipped(("c.zip", zipped(("event.c", R)))))))], "?", "?"),
    ("tar", [("hw.tar", tarred("w", ("event.c", R)))], 100, 100),
    ("tgz", [("hw.tgz", tarred("w:gz", ("./event.c", R)))], 100, 100),
    ("txz", [("hw.tar.xz", tarred("w:xz", ("event.c", R)))], 100, 100),
    ("7z", [("hw.7z", seven(("event.c", R)))], 100, 100),
    ("7z-folder", [("hw.7z", seven(("08-event/event.c", R), ("readme.txt", b"x")))], 100, 100),
    ("rar", [("hw.rar", rar("event.c", R))], 100, 100),
    ("7z-in-zip", [("hw.zip", zipped(("hw.7z", seven(("event.c", R)))))], 100, 100),
    ("submit", [("lockstep-submission.zip", zipped(("08-event/event.c", R)))], 100, 100),
    ("cut-zip", [("hw.zip", zipped(("event.c", R))[:300])], "?", "?"),
    ("gz-alone", [("event.c.gz", b"\x1f\x8b\x08\0")], "?", "?"),
    # slightly wrong names
    ("browser", [("event(1).c", R)], "?", 100),
    ("browser-space", [("event (2).c", R)], "?", 100),
    ("final", [("event_final.c", R)], "?", 100),
    ("final-final", [("event_final_FINAL_v2.c", R)], "?", 100),
    ("txt", [("event.c.txt", R)], "?", 100),
    ("cpp", [("event.cpp", R)], "?", 100),
    ("main", [("main.c", R)], "?", 100),
    ("copy", [("Event - Copy.c", R)], "?", 100),
    ("capital", [("Event.c", R)], "?", 100),
    ("number", [("8.c", R)], "?", 100),
    ("own-name", [("王伟_08.c", R)], "?", 100),
    ("no-number", [("event/main.c", R)], "?", 100),
    ("zip-named", [("hw.zip", zipped(("hw/event1.c", R)))], "?", 100),
    ("utf16-named", [("event(1).c", b"\xff\xfe" + utf16(R, "le"))], "?", 100),
    # two versions
    ("two-differ", [("event.c", R), ("old/event.c", R + b"\n/* old */\n")], "?", "?"),
    ("two-named", [("event_old.c", R), ("event_new.c", R + b"\n/* new */\n")], "?", "?"),
    ("named-beside", [("event.c", R), ("event(1).c", STUB)], 100, 100),
    # not that work
    ("other-only", [("lock.c", OTHER)], "-", "-"),
    ("pdf-only", [("report.pdf", b"%PDF-1.7\n")], "-", "-"),
    ("helper-only", [("helper.c", b"int helper(void)\n{\n    return 1;\n}\n")], "?", "?"),
    ("binary", [("event.c", b"\x7fELF\2\1\1" + bytes(64))], "?", "?"),
    ("empty", [], "-", "-"),
    # what was once taken for something else
    ("gbk-arrow", [("event.c", R + "/* →中, 中 × */\n".encode("gbk"))], 100, 100),
    ("utf32", [("event.c", b"\xff\xfe\0\0" + R.decode().encode("utf-32-le"))], "?", "?"),
    ("stub-beside", [("event.c", R), ("08-event/event.c", HANDED_OUT)], "?", "?"),
    ("stub-and-named", [("event.c", HANDED_OUT), ("event (1).c", R)], "?", "?"),
    ("stub-alone", [("event.c", HANDED_OUT)], 0, 0),
    ("archive-inside", [("work.dat", zipped(("event.c", R)))], "?", "?"),
    ("docx", [("report.docx", zipped(("word/document.xml", b"<x/>")))], "-", "-"),
    ("as-header", [("event.h", R)], "?", 100),
    ("as-another", [("08-event/lock.c", R)], "?", 100),
    ("other-folder", [("09-lock/event.c", R)], "?", 100),
    ("two-archives", [("a.zip", zipped(("event.c", R))), ("b.zip", zipped(("event.c", R + b"/* 2 */\n")))], "?", "?"),
    ("txz-short", [("hw.txz", tarred("w:xz", ("event.c", R)))], 100, 100),
]


def main():
    with zipfile.ZipFile(sys.argv[3], "w", zipfile.ZIP_DEFLATED) as z:
        for n, (student, files, plain, accepted) in enumerate(CASES, 1):
            folder = f"{student}_{n}_assignsubmission_file_/"
            if not files:
                z.writestr(folder, "")
            for name, data in files:
                z.writestr(folder + name, data)
            print(student, plain, accepted)


main()
