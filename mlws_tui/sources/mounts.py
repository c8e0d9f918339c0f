"""What kind of filesystem a path lies on: local, or shared with other machines."""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path

_MOUNTINFO = Path("/proc/self/mountinfo")
_NETWORK_TYPES = re.compile(
    "nfs[34]?|cifs|smb|smbfs|smb[23]|lustre|gpfs|beegfs|fhgfs|ceph|glusterfs|wekafs|panfs|9p|afs|coda|ncpfs|ocfs2|gfs2?"
    "|pvfs2|orangefs|davfs|virtiofs|prl_fs|vboxsf|vmhgfs"
)
#: FUSE filesystems that are known to serve one machine; any other one may be remote.
_LOCAL_FUSE = re.compile(
    "fuse-overlayfs|overlayfs|bindfs|mergerfs|ntfs|ntfs-3g|exfat|ext2|lxcfs|portal|snapfuse|squashfuse|zfs|gocryptfs"
    "|encfs|cryfs"
)
#: `f_type` of network filesystems, from statfs(2) and linux/magic.h.
_NETWORK_MAGIC = frozenset(
    {
        0x6969,  # NFS
        0x517B,  # SMB
        0xFE534D42,  # SMB2
        0xFF534D42,  # CIFS
        0x0BD00BD0,  # Lustre
        0x47504653,  # GPFS
        0x00C36400,  # Ceph
        0x01021997,  # 9p
        0x5346414F,  # AFS
        0x19830326,  # BeeGFS
        0xAAD7AAEA,  # PanFS
    }
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def is_network(path: Path) -> bool:
    """Whether the path, or the nearest folder above it that exists, is on a filesystem that other hosts may share.

    Such a filesystem tells nothing of what other hosts write, and cannot hold SQLite's shared memory. Blocks
    while a server does not answer: call it in a thread where that matters.
    """
    here = _existing(path)
    kind = file_system(here) or ""
    if kind.startswith("fuse."):
        return not _LOCAL_FUSE.fullmatch(kind.removeprefix("fuse."))
    return bool(_NETWORK_TYPES.fullmatch(kind)) or _magic(here) in _NETWORK_MAGIC


def _existing(path: Path) -> Path:
    real = Path(os.path.realpath(path))
    while not real.exists() and real != real.parent:
        real = real.parent
    return real


def file_system(path: Path) -> str | None:
    """The type of the filesystem that holds the path, which must exist and be resolved; None where none is told."""
    try:
        text = _MOUNTINFO.read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    return mounted_type(text, path)


def mounted_type(mountinfo: str, path: Path) -> str | None:
    """The filesystem type that ``/proc/PID/mountinfo`` (proc(5)) names for an absolute path, or None.

    Of the mounts above the path the one with the longest mount point holds it; of several there the last one.
    """
    found: tuple[int, str] | None = None
    for line in mountinfo.splitlines():
        left, separator, right = line.partition(" - ")
        fields, tail = left.split(" "), right.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = Path(_ESCAPED.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        if path.is_relative_to(point) and (found is None or len(point.parts) >= found[0]):
            found = (len(point.parts), tail[0])
    return found[1] if found else None


def _magic(path: Path) -> int | None:
    """`f_type` of statfs(2), which `os.statvfs` does not give; None where the C library has no such function."""
    buffer = ctypes.create_string_buffer(
        512
    )  # struct statfs is 120 bytes on 64-bit Linux, f_type its first word
    try:
        failed = ctypes.CDLL(None).statfs(os.fsencode(path), buffer)
    except (OSError, AttributeError):
        return None
    return None if failed else ctypes.c_long.from_buffer(buffer).value & 0xFFFFFFFF
