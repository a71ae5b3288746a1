"""What a server's process does between fork and exec: it takes another user's identity and ties its life to ours."""

from __future__ import annotations

import ctypes
import os
import pwd
import stat
import sys
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT = 1, 28, 47
_AMBIENT_RAISE = 2
_NO_SETUID_FIXUP = 1 << 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def unprivileged() -> pwd.struct_passwd | None:
    """Whom a server that refuses root runs as: nobody when we are root, else None (ourselves)."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def closed_to_others(*paths: Path) -> bool:
    """Whether another user is stopped on the way to one of these files, or may not run it."""
    doors = {parent for path in paths for parent in path.resolve().parents}
    files = [path for path in paths if path.is_file()]
    shut = any(not door.stat().st_mode & stat.S_IXOTH for door in doors)
    return shut or any(file.stat().st_mode & 0o005 != 0o005 for file in files)


def before_exec(user: pwd.struct_passwd | None, *, through_closed_doors: bool, death_signal: int) -> Callable[[], None]:
    """The `preexec_fn` for Popen: become `user` and receive `death_signal` when the thread that started the server ends.

    `through_closed_doors` keeps one capability, CAP_DAC_OVERRIDE, so that a checkout below a 0700 home works as it is.
    """
    parent = os.getpid()

    def prepare() -> None:
        if user is not None and through_closed_doors:
            # access(2) ignores capabilities of an ordinary user unless this bit is set, and initdb asks access(2).
            _prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP)
        if user is not None:
            os.setgroups([])
            os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
            os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
        if user is not None and through_closed_doors:
            _keep_only(_CAP_DAC_OVERRIDE)
        if sys.platform == "linux":  # last, because a change of user clears it
            _prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _prctl(*arguments: int) -> None:
    words = [ctypes.c_ulong(number) for number in (*arguments, 0, 0, 0, 0)[1:5]]
    if _libc.prctl(ctypes.c_int(arguments[0]), *words) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _keep_only(capability: int) -> None:
    bit = 1 << capability
    sets = (_Sets * 2)(_Sets(bit, bit, bit), _Sets(0, 0, 0))
    if _libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), ctypes.byref(sets)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(_PR_CAP_AMBIENT, _AMBIENT_RAISE, capability)
