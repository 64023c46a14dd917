"""Hugging Face `.arrow` files (IPC streams or files) and `.parquet` files with a column of text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from xw2v.errors import FileFormatError, InputError, MissingDependencyError
from xw2v.storage.files import open_binary, unchanged
from xw2v.text.sources import Source, TextChunk, fault_of_row, rows_as_chunks

MAX_DEPTH = 2  # of lists of tokens
CHUNK_ROWS = 1024  # of a Parquet file that are read at a time


class ArrowFile(Source):
    """A table whose rows are texts or lists of tokens, in the column `column`."""

    def __init__(self, path: str, column: str) -> None:
        self.path = path
        self.column = column
        self.description = os.path.basename(path)
        self.total = os.path.getsize(path)

    def chunks(self, splits_at_spaces: bool) -> Iterator[TextChunk]:
        try:
            import pyarrow
        except ImportError:
            raise MissingDependencyError(
                f'{self.path}: Arrow and Parquet files need pyarrow: pip install "xw2v[arrow]"'
            ) from None
        try:
            yield from self._documents(pyarrow)
        except InputError:
            raise
        except (pyarrow.ArrowException, OSError, ValueError, MemoryError) as error:
            text = " ".join(str(error).split())
            raise InputError(
                f"{self.path}: damaged, or not an Arrow or Parquet file ({text[:200]})"
            ) from None
        self.done = self.total

    def _documents(self, pyarrow: Any) -> Iterator[TextChunk]:
        with open_binary(self.path) as file, unchanged(file, self.path) as check:
            before = 0  # rows
            for batch in self._batches(pyarrow, file.read(6)):
                batch.validate(full=True)  # or a damaged file could end the process
                check()  # a file cut short under its memory map would end it, too
                rows = batch.to_pylist()
                for row, value in enumerate(rows, start=before + 1):
                    if fault := fault_of_row(value):
                        raise FileFormatError(f"row {row}: {self.column!r} {fault}", path=self.path)
                before += len(rows)
                yield from rows_as_chunks(rows)

    def _batches(self, pyarrow: Any, head: bytes) -> Iterator[Any]:
        """The text column, some rows at a time."""
        if head.startswith(b"PAR1"):
            from pyarrow import parquet

            with parquet.ParquetFile(self.path) as table:
                self._check(pyarrow, table.schema_arrow)
                rows = max(1, table.metadata.num_rows)
                for i, batch in enumerate(table.iter_batches(CHUNK_ROWS, columns=[self.column])):
                    self.done = min(self.total, self.total * i * CHUNK_ROWS // rows)
                    yield batch.column(0)
        elif head == b"ARROW1":
            with pyarrow.memory_map(self.path) as file, pyarrow.ipc.open_file(file) as table:
                self._check(pyarrow, table.schema)
                for i in range(table.num_record_batches):
                    self.done = self.total * i // table.num_record_batches
                    yield table.get_batch(i).column(self.column)
        else:
            with pyarrow.memory_map(self.path) as file, pyarrow.ipc.open_stream(file) as table:
                self._check(pyarrow, table.schema)
                for batch in table:
                    self.done = file.tell()
                    yield batch.column(self.column)

    def _check(self, pyarrow: Any, schema: Any) -> None:
        if schema.names.count(self.column) != 1:
            raise InputError(
                f"{self.path}: no column {self.column!r}; choose with `text_column` among "
                f"{', '.join(ascii(name)[1:-1] for name in schema.names)[:200]}"
            )
        kind = schema.field(self.column).type
        if not _is_text(pyarrow.types, kind):
            raise InputError(
                f"{self.path}: column {self.column!r} holds {kind}, not text; choose another"
            )


def _is_text(types: Any, kind: Any, depth: int = 0) -> bool:
    """Whether a type is of texts, of lists of them, or of lists of such lists."""
    if types.is_dictionary(kind):
        return _is_text(types, kind.value_type, depth)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return depth < MAX_DEPTH and _is_text(types, kind.value_type, depth + 1)
    return bool(types.is_string(kind) or types.is_large_string(kind) or kind == "string_view")
