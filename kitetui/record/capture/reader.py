"""Reading a capture: block by block, every checksum looked at; what is damaged costs its own block alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from kitetui.errors import UserError
from kitetui.record.base import Reader, reading
from kitetui.record.capture.layout import (
    BLOCK_HEAD,
    BLOCK_MAGIC,
    HEAD,
    MAGIC,
    VERSION,
    BeginNote,
    BlockHead,
    NamesNote,
    Record,
    RecordKind,
    SnapshotNote,
    parse_note,
    records_in,
)
from kitetui.record.capture.rows import RowDecoder, SnapshotFlags
from kitetui.record.repair import cut_torn_tail
from kitetui.record.rows import TickRows
from kitetui.wire import RequestError, parse_request

_SEARCH: Final = 1 << 16
_BEGINNING: Final = 1_000
"""More bytes than a recorder's first note has, which is alone in its block."""

_BATCH_BYTES: Final = 400_000
"""Records that are decoded together, heads and all: a quiet night is nothing but heartbeats of one byte."""


def sniff(head: bytes) -> bool:
    """Whether a file that begins like this is a capture."""
    return head.startswith(MAGIC)


class CaptureReader(Reader):
    """The records of a capture, and their rows, in bounded memory.

    Raises UserError for a file that is no capture, or one of a later version.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._opened().close()

    def records(self, since: int | None = None) -> Iterator[Record]:
        """Yield the records, or those from a moment on (UTC nanoseconds), without reading what is before.

        How to read the records after it, a recorder says when it begins: these notes are yielded in any case.
        """
        with self._opened() as file:
            for head, raw in self._blocks(file):
                if since is not None and head.last < since and not _may_begin(head):
                    file.seek(head.stored, 1)
                    continue
                for record in self._read(file, head, raw):
                    if since is None or record.at >= since or _begins(record):
                        yield record

    def blocks(self) -> Iterator[BlockHead]:
        """Yield the heads of the blocks, without reading what is in them."""
        with self._opened() as file:
            for head, _ in self._blocks(file):
                file.seek(head.stored, 1)
                yield head

    @property
    def is_finished(self) -> bool:
        """Whether the recording ended as it should, and was not cut off."""
        with self._opened() as file:
            return ends_finished(file)

    def _batches(self) -> Iterator[TickRows]:
        marks = SnapshotFlags()
        decoder = RowDecoder(marks)
        for record in self.records():
            match record.kind:
                case RecordKind.DATA:
                    decoder.add(record)
                    if decoder.bytes >= _BATCH_BYTES:
                        yield decoder.rows()
                case RecordKind.SENT:
                    if decoder.bytes:  # what is asked for concerns what comes after it
                        yield decoder.rows()
                    with suppress(RequestError):
                        marks.asked(record.connection, parse_request(record.data))
                case RecordKind.NOTE:
                    note = parse_note(record.data)
                    if decoder.bytes and not isinstance(note, SnapshotNote):  # as does what is lost
                        yield decoder.rows()
                    marks.noted(record.connection, note)
                    if isinstance(note, NamesNote):
                        self.names.update(note.names)
        if decoder.bytes:
            yield decoder.rows()

    def _opened(self) -> BinaryIO:
        with reading(self._path):
            file = self._path.open("rb")
        head = file.read(len(HEAD))
        if head != HEAD:
            file.close()
            raise foreign(self._path, head)
        return file

    def _blocks(self, file: BinaryIO) -> Iterator[tuple[BlockHead, bytes]]:
        """Yield each block's head, with the file where its content begins, to be read or skipped."""
        self._restart()
        size = file.seek(0, 2)
        file.seek(len(HEAD))
        while (offset := file.tell()) < size:
            raw = file.read(BLOCK_HEAD)
            head = BlockHead.parse(raw)
            if head is None or offset + BLOCK_HEAD + head.stored > size:
                self._pass_over(file, offset, size)
                continue
            yield head, raw
            self.position = file.tell() / size
        self.position = 1.0

    def _read(self, file: BinaryIO, head: BlockHead, raw: bytes) -> list[Record]:
        offset = file.tell() - BLOCK_HEAD
        content = head.content(raw, file.read(head.stored))
        if content is not None:
            try:
                return list(records_in(content))
            except ValueError:
                pass
        # Its length may be what is wrong: the next block is where the next one begins.
        self._pass_over(file, offset, file.seek(0, 2))
        return []

    def _pass_over(self, file: BinaryIO, offset: int, size: int) -> None:
        """Go to the next block after one that cannot be read, and say so."""
        next_one = find_block(file, offset + 1, size)
        file.seek(size if next_one is None else next_one)
        if next_one is None:
            self._damage.add(f"the end, from byte {offset:,} on, is torn")
        else:
            self._damage.add(f"bytes {offset:,} to {next_one - 1:,} are damaged, and their records are lost")


def ends_finished(file: BinaryIO) -> bool:
    """Whether the last block of a file says that the recording was finished."""
    size = file.seek(0, 2)
    tail = min(size - len(HEAD), BLOCK_HEAD + 64)
    file.seek(size - tail)
    data = file.read(tail)
    at = data.rfind(BLOCK_MAGIC)
    if at < 0:
        return False
    head = BlockHead.parse(data[at:])
    stored = data[at + BLOCK_HEAD :]
    return head is not None and head.is_finish and head.content(data[at:], stored) is not None


def _may_begin(head: BlockHead) -> bool:
    return head.count == 1 and head.length < _BEGINNING


def _begins(record: Record) -> bool:
    return record.kind is RecordKind.NOTE and isinstance(parse_note(record.data), BeginNote)


def find_block(file: BinaryIO, start: int, size: int) -> int | None:
    """Return where the next block begins that is whole, None if there is none."""
    while start < size:
        file.seek(start)
        data = file.read(_SEARCH)
        at = data.find(BLOCK_MAGIC)
        if at < 0:
            start += max(1, len(data) - len(BLOCK_MAGIC) + 1)
            continue
        file.seek(start + at)
        raw = file.read(BLOCK_HEAD)
        head = BlockHead.parse(raw)
        if head is not None and head.content(raw, file.read(head.stored)) is not None:
            return start + at
        start += at + 1
    return None


def foreign(path: Path, head: bytes) -> UserError:
    """Return what to say of a file that begins with this in place of a capture's head."""
    if head.startswith(MAGIC) and len(head) == len(HEAD):
        version = int.from_bytes(head[len(MAGIC) :], "little")
        if version > VERSION:
            return UserError(
                f"{path} is a capture of version {version:,}, and this kitetui reads up to {VERSION}",
                "install a later one",
            )
    return UserError(f"{path} is no capture of kitetui", "name another file")


def repair(path: Path) -> str | None:
    """Cut off a block that was not written whole at the end; return what was done, None for nothing.

    Raises UserError.
    """

    def end_of(file: BinaryIO, size: int) -> int:
        file.seek(0)
        head = file.read(len(HEAD))
        if size < len(HEAD) and HEAD.startswith(head):
            return 0
        if head != HEAD:  # what a later version wrote would look torn
            raise foreign(path, head)
        return size if ends_finished(file) else _end(file, size)

    return cut_torn_tail(path, "an unfinished block", end_of)


def _end(file: BinaryIO, size: int) -> int:
    """Return where the last whole block ends; damage between whole blocks is left as it is."""
    end = start = len(HEAD)
    while start < size:
        file.seek(start)
        raw = file.read(BLOCK_HEAD)
        head = BlockHead.parse(raw)
        stop = start + BLOCK_HEAD + head.stored if head is not None else 0
        is_last = stop == size
        if head is None or stop > size or (is_last and head.content(raw, file.read(head.stored)) is None):
            found = find_block(file, start + 1, size)
            if found is None:
                return end
            start = found
        else:
            end = start = stop
    return end
