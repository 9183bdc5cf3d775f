"""Read all files of a folder, one after the other, and write down what became of each.

One process for many files keeps 400 mutants affordable; if a file ends the process, that is on record too.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import pyarrow as pa

from miner.errors import FortuitError
from miner.tables.reading import read_table


def main(folder: Path, answers: Path) -> None:
    """Append one JSON line per file: name, outcome, code, seconds; files already answered are passed over."""
    resource.setrlimit(resource.RLIMIT_AS, (3_000_000_000, 3_000_000_000))
    done = {json.loads(line)["name"] for line in answers.read_text().splitlines()} if answers.exists() else set()
    with answers.open("a", encoding="utf-8") as out:
        for path in sorted(folder.iterdir()):
            if path.name in done:
                continue
            started = time.process_time()
            answer: dict[str, object] = {"name": path.name}
            try:
                table = read_table(path)
                answer |= {"outcome": "read", "rows": table.n, "losses": [m.code for m in table.report.losses]}
                answer["notes"] = [m.code for m in table.report.messages]
                answer["same"] = all(
                    again == list(once)
                    for once, again in zip(
                        (table.values(name) for name in table.names), _written_and_read(table), strict=True
                    )
                )
            except FortuitError as error:
                answer |= {"outcome": "refused", "code": error.code, "said": bool(all(error.sentences()))}
            except (MemoryError, pa.ArrowMemoryError):
                answer |= {"outcome": "refused", "code": "E-READ-09", "said": True}
            answer["seconds"] = time.process_time() - started
            out.write(json.dumps(answer) + "\n")
            out.flush()


def _written_and_read(table: object) -> list[list[str | None]]:
    """The columns after writing them as CSV by the standard library and reading that by the standard library."""
    import csv
    import io

    names = table.names  # type: ignore[attr-defined]
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    for row in zip(*(table.values(name) for name in names), strict=True):  # type: ignore[attr-defined]
        writer.writerow(["" if value is None else value for value in row])
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    return [[row[place] or None for row in rows] for place in range(len(names))]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
