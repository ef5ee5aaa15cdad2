"""A file of records, of which a kill at any byte loses at most the one that was being written.

    MAGIC │ head │ body │ head │ body │ …
            mark, kind, length of the body, its checksum, the head's own checksum

A record is whole if both checksums are right. What follows the last whole record is a torn tail: it is cut off by the next
writer. What cannot be read between two whole records (a disk that failed, blocks that a crashed machine never wrote) is left
out.

A process that is killed loses nothing it has written: the system has it. Against a machine that fails `sync` is needed; who
writes decides when.

One process writes at a time: `flock`, which the system lets go of however the process ends. Where the file system has no locks
(some clusters' scratch disks are mounted so), a line on stderr says that nobody watches.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["MAGIC", "Busy", "LogFile", "NotOurs", "Record"]

MAGIC = b"mpiprocessing checkpoint 1\n"

MARK = b"\xc7\xeeR\n"
"""How each record begins: what is looked for behind a damaged one."""

_HEAD = struct.Struct("<4sBxxxQI")  # mark, kind, length, checksum of the body
_SUM = struct.Struct("<I")  # checksum of the head
_SIZE = _HEAD.size + _SUM.size
_STEP = 1 << 20  # bytes read at a time

_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)


class Busy(Exception):
    """Another process writes to this file."""


class NotOurs(Exception):
    """The file is there, and is something else; its text says how it begins."""


class Record(NamedTuple):
    """Where a whole record lies.

    Args:
        kind: what it is, for whoever wrote it.
        offset: where its body begins.
        length: bytes of its body.
    """

    kind: int
    offset: int
    length: int


class LogFile:
    """A file of records, open for one writer, or only for reading.

    Args:
        path: the file; made if it is not there and is to be written.
        writing: take the lock, cut off a torn tail.

    Attributes:
        records: the whole records that were found, in order.
        torn: how many bytes of a torn tail there were.
        skipped: how many bytes between whole records could not be read.
        created: whether the file is new, or was empty.

    Raises:
        Busy: another process, or this one, writes to it.
        NotOurs: it is not a file of records.
        OSError: it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], writing: bool = True) -> None:
        self.path = os.fspath(path)
        flags = os.O_RDWR | os.O_CREAT if writing else os.O_RDONLY
        self._fd = os.open(self.path, flags | os.O_CLOEXEC, 0o666)
        self.records: list[Record] = []
        self.torn = self.skipped = 0
        try:
            if writing:
                self._lock()
            self.created = self._is_new()
            self._end = len(MAGIC)
            if self.created:
                if writing:
                    os.ftruncate(self._fd, 0)
                    self._write(0, [MAGIC])
                    self._sync_folder()
            else:
                self._scan()
                if writing and self.torn:
                    os.ftruncate(self._fd, self._end)
        except BaseException:
            os.close(self._fd)
            raise

    # ---- opening ----

    def _lock(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise Busy(self.path) from error
            sys.stderr.write(
                f"mpiprocessing: the file system of {self.path} has no locks ({error.strerror}): "
                "see to it yourself that no two jobs use this checkpoint at a time\n"
            )

    def _is_new(self) -> bool:
        begin = os.pread(self._fd, len(MAGIC), 0)
        if begin == MAGIC:
            return False
        if MAGIC.startswith(begin):  # empty, or torn within its first line
            return True
        raise NotOurs(repr(begin[:20]))

    def _sync_folder(self) -> None:
        try:
            folder = os.open(os.path.dirname(os.path.abspath(self.path)), os.O_RDONLY)
        except OSError:
            return
        try:
            os.fsync(folder)
        except OSError:  # some file systems cannot
            pass
        finally:
            os.close(folder)

    def _scan(self) -> None:
        size = os.fstat(self._fd).st_size
        place = end = len(MAGIC)
        while place < size:
            record = self._record_at(place, size)
            if record is None:
                place = self._next_mark(place + 1, size)
                continue
            self.skipped += place - end
            self.records.append(record)
            place = end = record.offset + record.length
        self._end, self.torn = end, size - end

    def _record_at(self, place: int, size: int) -> Record | None:
        head = os.pread(self._fd, _SIZE, place)
        if (
            len(head) < _SIZE
            or not head.startswith(MARK)
            or zlib.crc32(head[:-4]) != _SUM.unpack(head[-4:])[0]
        ):
            return None
        _, kind, length, wanted = _HEAD.unpack(head[:-4])
        offset = place + _SIZE
        if offset + length > size:
            return None
        found = 0
        for piece in self._pieces(offset, length):
            found = zlib.crc32(piece, found)
        return Record(kind, offset, length) if found == wanted else None

    def _pieces(self, offset: int, length: int) -> Iterator[bytes]:
        end = offset + length
        while offset < end:
            piece = os.pread(self._fd, min(_STEP, end - offset), offset)
            if not piece:
                return
            yield piece
            offset += len(piece)

    def _next_mark(self, place: int, size: int) -> int:
        while place < size:
            piece = os.pread(self._fd, _STEP, place)
            found = piece.find(MARK)
            if found >= 0:
                return place + found
            if len(piece) < len(MARK):
                break
            place += len(piece) - len(MARK) + 1
        return size

    # ---- reading and writing ----

    def read(self, offset: int, length: int) -> bytearray:
        """So many bytes from there, in memory of their own.

        Raises:
            EOFError: the file has become shorter.
        """
        content = bytearray(length)
        view, done = memoryview(content), 0
        while done < length:
            got = os.preadv(self._fd, [view[done:]], offset + done)
            if not got:
                raise EOFError(f"{self.path} has become shorter while it was read")
            done += got
        return content

    def append(self, kind: int, pieces: Sequence[bytes | bytearray | memoryview]) -> Record:
        """Write a record at the end.

        Args:
            kind: what it is; below 256.
            pieces: its body, piece by piece.

        Raises:
            OSError: it cannot be written; what was written of it is cut off again.
        """
        length, found = 0, 0
        for piece in pieces:
            length += memoryview(piece).nbytes
            found = zlib.crc32(piece, found)
        head = _HEAD.pack(MARK, kind, length, found)
        try:
            self._write(self._end, [head + _SUM.pack(zlib.crc32(head)), *pieces])
        except OSError:
            try:
                os.ftruncate(self._fd, self._end)
            except OSError:
                pass  # the next writer cuts it off
            raise
        record = Record(kind, self._end + _SIZE, length)
        self._end = record.offset + length
        return record

    def _write(self, place: int, pieces: Sequence[bytes | bytearray | memoryview]) -> None:
        for piece in pieces:
            view = memoryview(piece).cast("B") if memoryview(piece).nbytes else memoryview(b"")
            while view.nbytes:
                done = os.pwrite(self._fd, view, place)
                view, place = view[done:], place + done

    def sync(self) -> None:
        """Have the system write to the disk what it has of the file."""
        os.fsync(self._fd)

    def unlock(self) -> None:
        """Let others write; what this one has written can still be read."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        except OSError:
            pass

    def close(self) -> None:
        """Be done with the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        if hasattr(self, "_fd"):
            try:
                self.close()
            except OSError:
                pass
