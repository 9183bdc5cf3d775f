"""Parquet to columns of text: the footer is weighed before anything is decoded, and decoding is counted as it goes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from miner.errors import DamagedFile, LimitExceeded, NoRows
from miner.tables.report import Message
from miner.tables.text_table import Limits

_BATCH_ROWS = 65_536


def read_parquet(
    source: Path | bytes, *, name: str, limits: Limits
) -> tuple[list[str], list[pa.ChunkedArray], list[Message]]:
    """Header, columns as text (null where the value is missing or an empty string) and messages.

    Raises ``LimitExceeded`` from the footer alone where it can, ``DamagedFile`` where Arrow cannot read on.
    """
    try:
        opened = pa.BufferReader(source) if isinstance(source, bytes) else source
        file = pq.ParquetFile(opened, page_checksum_verification=True)
        schema = file.schema_arrow
        _weigh(file.metadata.num_rows, len(schema), name=name, limits=limits)
        if not file.metadata.num_rows:
            raise NoRows(name=name, columns=len(schema))
        plain = [index for index, field in enumerate(schema) if _is_plain(field.type)]
        messages = [
            Message(code="R-NESTED", values={"name": schema.field(index).name, "type": str(schema.field(index).type)})
            for index in range(len(schema))
            if index not in set(plain)
        ]
        chunks: list[list[pa.Array]] = [[] for _ in plain]
        decoded = 0
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
            for place, index in enumerate(plain):
                text = _to_text(batch.column(index), name=name, limits=limits)
                decoded += text.nbytes
                chunks[place].append(text)
            if decoded > limits.decoded_bytes:
                raise LimitExceeded(
                    name=name, quantity="its size once unpacked (bytes)", found=decoded, limit=limits.decoded_bytes
                )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, pa.ArrowKeyError, OSError) as error:
        # Arrow's own sentences may quote values of the file, so they are not passed on.
        raise DamagedFile(name=name, format="Parquet", detail=_reason(error)) from error
    header = [schema.field(index).name for index in plain]
    return header, [pa.chunked_array(parts, type=pa.string()) for parts in chunks], messages


def _weigh(rows: int, columns: int, *, name: str, limits: Limits) -> None:
    for quantity, found, limit in (
        ("the number of rows", rows, limits.rows),
        ("the number of columns", columns, limits.columns),
        ("the number of cells", rows * columns, limits.cells),
    ):
        if found > limit:
            raise LimitExceeded(name=name, quantity=quantity, found=found, limit=limit)


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return bool(
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_null(kind)
    )


def _to_text(column: pa.Array, *, name: str, limits: Limits) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.string())
    if pa.types.is_floating(column.type):
        # Not-a-number is how pandas writes a missing value.
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if pa.types.is_timestamp(column.type):
        midnight = pc.all(pc.equal(column, pc.floor_temporal(column, unit="day"))).as_py()
        column = column.cast(pa.date32()) if midnight or midnight is None else column
    text = column.cast(pa.string())
    longest = pc.max(pc.utf8_length(text)).as_py() or 0
    if longest > limits.cell_characters:
        raise LimitExceeded(name=name, quantity="the length of a cell", found=longest, limit=limits.cell_characters)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _reason(error: Exception) -> str:
    if isinstance(error, pa.ArrowNotImplementedError):
        return "It uses an encoding or compression that is not supported."
    return "Its footer or its pages do not fit together; the file may be cut short or altered."
