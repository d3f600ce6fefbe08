"""Nothing that only some systems have is used without asking for it first."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("vocal_separation_sanity_check", "unet")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
# What Windows, macOS or Linux leaves out, as the library reference says under "Availability".
MODULES = {"curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog"}
OF_WINDOWS = {"msvcrt", "winreg", "winsound"}
MODULES |= {"termios", "tty", *OF_WINDOWS}
OF_OS = """
    chown chroot fchdir fchmod fchown fdatasync fork forkpty getegid geteuid getgid getgroups
    getloadavg getpgid getpgrp getpriority getsid getuid initgroups killpg lchown lockf major
    memfd_create mkfifo mknod nice openpty pidfd_open pipe2 posix_fadvise posix_fallocate
    posix_spawn posix_spawnp pread preadv pwrite pwritev readv sched_getaffinity
    sched_setaffinity sched_yield sendfile setegid seteuid setgid setgroups setpgid setpriority
    setsid setuid splice statvfs sync sysconf tcgetpgrp tcsetpgrp ttyname uname wait wait3 wait4
    waitid writev O_DIRECT O_DSYNC O_NOATIME O_NOFOLLOW O_NONBLOCK O_SYNC O_TMPFILE WNOHANG
"""
OF_SIGNAL = """
    SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH
    alarm pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending
    sigtimedwait sigwait sigwaitinfo
"""
NAMES = {f"os.{name}" for name in OF_OS.split()} | {f"signal.{name}" for name in OF_SIGNAL.split()}


def asked_for(test):
    """What a test makes sure of with ``hasattr``."""
    return {
        f"{call.args[0].id}.{call.args[1].value}"
        for call in ast.walk(test)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "hasattr"
        if isinstance(call.args[0], ast.Name) and isinstance(call.args[1], ast.Constant)
    }


def lines_of(nodes):
    return {line for node in nodes for line in range(node.lineno, node.end_lineno + 1)}


def is_about_windows(node):
    """Whether a statement is ``if sys.platform == "win32"``, which type checkers know as well."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "sys.platform == 'win32'"


def safe_places(tree):
    """Names with the lines at which they were asked for: ``if hasattr``, or ``if not`` and out."""
    for node in ast.walk(tree):
        if is_about_windows(node):
            yield OF_WINDOWS, lines_of(node.body)
            yield MODULES - OF_WINDOWS, lines_of(node.orelse)
        if isinstance(node, ast.IfExp):
            yield asked_for(node.test), lines_of([node.body])
        elif isinstance(getattr(node, "body", None), list):
            for place, statement in enumerate(node.body):
                if not isinstance(statement, ast.If):
                    continue
                if not isinstance(statement.test, ast.UnaryOp):
                    yield asked_for(statement.test), lines_of(statement.body)
                elif isinstance(statement.body[-1], ast.Return | ast.Raise):
                    yield asked_for(statement.test), lines_of(node.body[place + 1 :])


def taken_for_granted(code):
    """Give the names in `code` that some systems lack and nothing asks for."""
    found, tree = set(), ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(alias.name, node.lineno) for alias in node.names if alias.name in MODULES}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {(name, node.lineno) for name in names if name in NAMES}
            found |= {(node.module, node.lineno)} if node.module in MODULES else set()
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            found |= {(name, node.lineno)} if name in NAMES else set()
    for names, lines in safe_places(tree):
        found -= {(name, line) for name in names for line in lines}
    return {name for name, _ in found}


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_no_system_is_kept_out_without_a_word(path):
    assert taken_for_granted(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import os\nos.pread(3, 4, 0)", {"os.pread"}),
        ("def f():\n    import fcntl", {"fcntl"}),
        ("from os import fork", {"os.fork"}),
        ("from resource import getrusage", {"resource"}),
        ("if hasattr(os, 'nice'):\n    os.nice(5)\nelse:\n    os.nice(6)", {"os.nice"}),
        ("if hasattr(os, 'nice'):\n    os.nice(5)", set()),
        ("if not hasattr(os, 'nice'):\n    os.nice(5)", {"os.nice"}),
        ("def f():\n    if not hasattr(os, 'nice'):\n        return\n    os.nice(5)", set()),
        ("def f():\n    if not hasattr(os, 'nice'):\n        g()\n    os.nice(5)", {"os.nice"}),
        ("n = os.sched_getaffinity(0) if hasattr(os, 'sched_getaffinity') else 1", set()),
        (
            "import sys\nif sys.platform == 'win32':\n    import msvcrt\nelse:\n    import fcntl",
            set(),
        ),
        ("import sys\nif sys.platform == 'win32':\n    import fcntl", {"fcntl"}),
        ("import msvcrt", {"msvcrt"}),
        ("n = os.getpid(); signal.signal(signal.SIGINT, f)", set()),
    ],
)
def test_the_reader_finds_what_it_should(code, names):
    assert taken_for_granted(code) == names
