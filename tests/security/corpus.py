"""Hostile files, made on the spot from seeds: mutants of good files, files that lose rows in silence, and bombs."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.miner.privacy import french_hospital


@dataclass(frozen=True)
class Hostile:
    """A file and what kind of trap it is."""

    name: str
    data: bytes


def seeds() -> list[Hostile]:
    """Twenty good files: twelve of text in several encodings and separators, eight of Parquet."""
    rng = random.Random(7)
    found = []
    for number, (separator, codec) in enumerate(
        [(";", "utf-8"), (",", "utf-8"), ("\t", "utf-8"), ("|", "utf-8-sig"), (";", "cp1252"), (",", "utf-16")] * 2
    ):
        lines = [separator.join(["id", "âge", "poids", "note", "date"])]
        for row in range(60):
            weight = f"{rng.uniform(40, 120):.1f}".replace(".", "," if separator != "," else ".")
            note = f'"deux mots{separator} et une virgule"' if row % 7 == 3 else "ras"
            day = f"{row % 28 + 1:02d}/05/20{row % 20:02d}"
            lines.append(separator.join([f"{row:03d}", str(rng.randrange(18, 99)), weight, note, day]))
        found.append(Hostile(f"text{number}.csv", ("\r\n" if number % 2 else "\n").join(lines).encode(codec)))
    for number, compression in enumerate(["snappy", "none", "gzip", "zstd"] * 2):
        table = pa.table(
            {
                "id": pa.array(range(300), pa.int32()),
                "x": np.random.default_rng(number).standard_normal(300),
                "g": pa.array([f"groupe {k % 5}" for k in range(300)]).dictionary_encode(),
                "d": pa.array([k if k % 9 else None for k in range(300)], pa.date32()),
            }
        )
        sink = io.BytesIO()
        pq.write_table(table, sink, compression=compression, row_group_size=100 if number > 3 else 300)
        found.append(Hostile(f"parquet{number}.parquet", sink.getvalue()))
    return found


def mutants(each: int = 20) -> Iterator[Hostile]:
    """``each`` mutants of every seed: cut short, bits flipped, parts of another seed spliced in, runs of zeros."""
    rng = random.Random(11)
    good = seeds()
    for seed in good:
        for number in range(each):
            data = bytearray(seed.data)
            way = ("cut", "flip", "splice", "zeros")[number % 4]
            if way == "cut":
                del data[rng.randrange(len(data)) :]
            elif way == "flip":
                for _ in range(rng.randrange(1, 12)):
                    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            elif way == "splice":
                other = rng.choice(good).data
                start, at = rng.randrange(len(other)), rng.randrange(len(data))
                data[at:at] = other[start : start + rng.randrange(1, 200)]
            else:
                at = rng.randrange(len(data))
                data[at : at + rng.randrange(1, 60)] = bytes(rng.randrange(1, 60))
            yield Hostile(f"{way}-{number}-{seed.name}", bytes(data))


def silent_losses() -> Iterator[Hostile]:
    """Forty files that a trusting reader takes with fewer rows or cells than they have, and without a word."""
    header = "id,size,end"
    plain = [f"{row},small,x" for row in range(150)]

    def changed(name: str, changes: dict[int, str], head: str = header) -> Hostile:
        lines = [changes.get(row, line) for row, line in enumerate(plain)]
        return Hostile(name, ("\n".join([head, *lines]) + "\n").encode())

    for step in (2, 3, 5, 7, 10, 25, 50, 75):
        yield changed(f"unclosed-every-{step}.csv", {row: f'{row},"{row} inch,x' for row in range(0, 150, step)})
    for row in (0, 1, 70, 148, 149):
        yield changed(f"unclosed-once-{row}.csv", {row: f'{row},"open,x'})
    for first, last in ((3, 5), (10, 90), (20, 21), (147, 149)):
        yield changed(f"closed-late-{first}-{last}.csv", {first: f'{first},"open,x', last: f'{last},close",x'})
    for rows in ([0], [149], [5, 6, 7], list(range(0, 150, 10))):
        yield changed(f"short-{rows[0]}-{len(rows)}.csv", dict.fromkeys(rows, "9,small"))
        yield changed(f"long-{rows[0]}-{len(rows)}.csv", dict.fromkeys(rows, "9,small,x,lost"))
    for rows in ([3], [0, 149], [10, 20, 30]):
        yield changed(f"nul-{len(rows)}.csv", dict.fromkeys(rows, "9,sm\x00all,x"))
        yield changed(f"replaced-{len(rows)}.csv", dict.fromkeys(rows, "9,sm\ufffdll,x"))
    for rows in ([4], [0, 1], [50, 100, 149]):
        yield changed(f"stray-{len(rows)}.csv", dict.fromkeys(rows, '9,"small" size,x,y'))
        yield changed(f"blank-{len(rows)}.csv", dict.fromkeys(rows, ""))
    yield changed("title.csv", {}, head=f"Export of the ward\n{header}")
    yield changed("two-titles.csv", {}, head=f"Export of the ward\nMay\n{header}")
    yield changed("wide-cell.csv", {9: '9,"two\nlines",x'})


def bombs() -> list[Hostile]:
    """Five small files that would become very large: unpacked, decoded or cut into cells."""
    found = []
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_900_000, dtype=np.int32)), pa.array(["x" * 5_000]))
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": text}), sink)
    found.append(Hostile("dictionary.parquet", sink.getvalue()))
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": np.zeros(30_000_000, dtype=np.int8)}), sink)
    found.append(Hostile("rows.parquet", sink.getvalue()))
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", b"a,b\n" + b"0,0\n" * 5_000_000)
    found.append(Hostile("archive.csv", sink.getvalue()))
    found.append(Hostile("packed.csv", gzip.compress(b"a,b\n" + b"0,0\n" * 5_000_000)))
    found.append(Hostile("columns.csv", b"," * 3_000_000 + b"\n" + b"1\n"))
    return found


def hospital() -> Hostile:
    """The export with planted identifiers, as a good file."""
    return Hostile("hospital.csv", french_hospital.export().data)
