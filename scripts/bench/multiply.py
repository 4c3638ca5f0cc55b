"""Makes many of what the program has written, in files that nobody has open for writing.

    multiply.py ISTHMUS PRACTICE,... links CONNECTION:COUNT:RECORD,...
    multiply.py ISTHMUS PRACTICE,... history LINES

`links` copies these links with all that belongs to them, and their records in the practice instances, until each connection
has so many. A copy is older than what it is a copy of; its ids, numbers and room are its own wherever they are named.
`history` lets the same happen to every link again and again, back to a year ago: lines, what they are about, the moments of
the past and the audit; and back to ninety days ago, as retention keeps them, changes, deliveries and attempts.
"""

import re
import sqlite3
import sys
import time
from datetime import datetime, timedelta

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUE = {letter: value for value, letter in enumerate(LETTERS)}
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
# Tables whose rows go with a link, and the column that names it; then what goes with those.
OF_LINK = ["entries", "attachments", "history", "moments", "deliveries"]
OF_TICKET = ["desk_comments", "desk_edits", "desk_files"]
BESIDE = [("history_fields", "history_id", "history"), ("attempts", "delivery_id", "deliveries"), ("desk_pieces", "file_id", "desk_files")]
# Of the practice instance.
THERE = [("task", "sys_id"), ("sys_journal_field", "element_id"), ("sys_audit", "documentkey")]


def number(text):
    value = 0
    for letter in text:
        value = value * 32 + VALUE[letter]
    return value


def letters(value, count):
    text = ""
    for _ in range(count):
        value, rest = divmod(value, 32)
        text = LETTERS[rest] + text
    return text


def again(ulid, copy, earlier):
    """The id that a copy has, so much earlier: it sorts by its time as every id does."""
    return letters(number(ulid[:10]) - earlier, 10) + ulid[10:20] + letters(copy, 6)


def opened(file):
    db = sqlite3.connect(file)
    db.row_factory = sqlite3.Row
    for pragma in ("journal_mode = wal", "synchronous = off", "foreign_keys = off", "cache_size = -200000"):
        db.execute(f"pragma {pragma}")
    return db


def put(db, table, rows):
    if rows:
        columns = ", ".join(f'"{column}"' for column in rows[0])
        marks = ", ".join("?" * len(rows[0]))
        db.executemany(f'insert into "{table}" ({columns}) values ({marks})', [tuple(row.values()) for row in rows])


class Template:
    """A link with all that belongs to it on both sides."""

    def __init__(self, db, practice, connection, record):
        self.rows = []
        self.there = []
        link = dict(db.execute("select * from links where connection_id = ? and servicenow_id = ?", (connection, record)).fetchone())
        ticket = link["platform_id"]
        self.take(db, "links", "id", link["id"])
        self.take(db, "desk_tickets", "id", ticket)
        for table in OF_LINK:
            self.take(db, table, "link_id", link["id"])
        for table in OF_TICKET:
            self.take(db, table, "ticket_id", ticket)
        for table, column, parent in BESIDE:
            for row in [row for name, row in self.rows if name == parent]:
                self.take(db, table, column, row["id"])
        self.take(db, "changes", "record_id", record, f"connection_id = '{connection}'")
        for table, column in THERE:
            self.there += [(table, dict(row)) for row in practice.execute(f"select * from {table} where {column} = ?", (record,))]
        sys_ids = {row["sys_id"] for _, row in self.there if "sys_id" in row}
        ids = {row["id"] for _, row in self.rows if "id" in row}
        self.room = re.search(r"room (\d+)", db.execute("select title from desk_tickets where id = ?", (ticket,)).fetchone()[0])[1]
        self.numbers = [link["servicenow_number"], db.execute("select number from desk_tickets where id = ?", (ticket,)).fetchone()[0]]
        named = [*map(re.escape, [*sys_ids, *ids, *self.numbers]), rf"room {self.room}", r"\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d\b", r"\b1[5-9]\d{11}\b"]
        pattern = re.compile(f"({'|'.join(named)})")
        # Each text once taken apart: what differs from copy to copy is every second part.
        self.rows, self.there = ([(table, {column: apart(pattern, value) for column, value in row.items()}) for table, row in rows]
                                 for rows in (self.rows, self.there))
        values = [value for _, row in self.rows + self.there for value in row.values()]
        self.names = {name for value in values if isinstance(value, list) for name in value[1::2]}

    def take(self, db, table, column, value, also="true"):
        found = db.execute(f"select * from {table} where {column} = ? and {also}", (value,))
        self.rows += [(table, dict(row)) for row in found]

    def copies(self, copy, earlier):
        """All of its rows as a copy has them: here and there."""

        def other(text):
            if text in self.numbers:
                return f"{text[:3]}{copy + 100_000:07}"
            if text.startswith("room"):
                return f"room {copy + 2000}"
            if len(text) == 26:
                return again(text, copy, earlier)
            if len(text) == 32:
                return f"{text[:24]}{copy:08x}"
            if len(text) == 19:
                return (datetime.fromisoformat(text) - timedelta(milliseconds=earlier)).isoformat(text[10])
            return str(int(text) - earlier)

        others = {name: other(name) for name in self.names}

        def moved(value):
            if isinstance(value, list):
                return "".join(others[part] if i % 2 else part for i, part in enumerate(value))
            is_moment = isinstance(value, int) and 1_500_000_000_000 < value < 2_500_000_000_000
            return value - earlier if is_moment else value

        def copied(rows):
            return [(table, {column: moved(value) for column, value in row.items()}) for table, row in rows]

        return copied(self.rows), copied(self.there)


def apart(pattern, value):
    parts = pattern.split(value) if isinstance(value, str) else [value]
    return parts if len(parts) > 1 else value


def by_table(rows):
    tables = {}
    for table, row in rows:
        tables.setdefault(table, []).append(row)
    return tables


def multiply_links(file, practices, wanted):
    db = opened(file)
    copy = 0
    for practice, words in zip(practices, wanted):
        connection, count, records = words.split(":")
        there = opened(practice)
        templates = [Template(db, there, connection, record) for record in records.split(",")]
        missing = int(count) - db.execute("select count(*) from links where connection_id = ?", (connection,)).fetchone()[0]
        here_rows, there_rows = [], []
        for i in range(missing):
            copy += 1
            # Denser the nearer: as if every day had a few more than the day before it.
            earlier = 5 * MINUTE + int(60 * DAY * ((i + 1) / missing) ** 2) // 1000 * 1000
            own, its = templates[i % len(templates)].copies(copy, earlier)
            here_rows += own
            there_rows += its
        for table, rows in by_table(here_rows).items():
            put(db, table, rows)
        for table, rows in by_table(there_rows).items():
            put(there, table, rows)
        there.commit()
        beat(db, connection)
    runs = [dict(row) for row in db.execute("select * from runs where state = 'done' and differences = 0")]
    put(db, "runs", [a_run(run, day) for run in runs for day in range(1, 31)])
    db.commit()


def a_run(run, day):
    earlier = day * DAY
    return {**run, "id": again(run["id"], day, earlier), "begun_at": run["begun_at"] - earlier, "ended_at": run["ended_at"] - earlier}


def beat(db, connection):
    """Two days' pulse: every hour wrote something."""
    now = int(time.time()) // 3600
    for ago in range(1, 48):
        writes = 20 + ago * 37 % 90
        lag = writes * (300 + ago * 53 % 700)
        db.execute("insert or ignore into pulse (connection_id, hour, writes, lag_ms, slowest_ms) values (?, ?, ?, ?, ?)",
                   (connection, now - ago, writes, lag, 900 + ago * 131 % 4000))


def grow_history(file, lines):
    db = opened(file)
    have = db.execute("select count(*) from history").fetchone()[0]
    times = -(-lines // have) - 1
    step = 365 * DAY // max(times, 1)
    kept = min(times, 90 * DAY // step)

    def anew(ulid, n):
        return again(ulid, n, n * step)

    def story_anew(story, n):
        return re.sub(r'(?<="delivery":")\w{26}', lambda found: anew(found[0], n), story)

    db.create_function("anew", 2, anew)
    db.create_function("story_anew", 2, story_anew)

    def repeat(table, changed, where="true", up_to=times):
        def taken(column):
            is_moment = column == "at" or column.endswith("_at")
            return changed.get(column, f"case when {column} > 0 then {column} - n * {step} else {column} end" if is_moment else column)

        columns = [row[1] for row in db.execute(f"pragma table_info({table})")]
        db.execute(f"create temp table before as select * from {table} where {where}")
        db.execute(f"insert into {table} ({', '.join(columns)}) with recursive times(n) as (select 1 union all select n + 1 from times where n < {up_to}) "
                   f"select {', '.join(taken(column) for column in columns)} from times, temp.before")
        db.execute("drop table temp.before")

    repeat("history", {"id": "anew(id, n)", "story": "story_anew(story, n)"})
    repeat("history_fields", {"history_id": "anew(history_id, n)"})
    repeat("moments", {"version": "version - n * 1000"})
    repeat("audit", {"id": "anew(id, n)"}, "action like 'tickets.%'")
    repeat("changes", {"id": "anew(id, n)", "event_key": "event_key || '@' || n"}, up_to=kept)
    repeat("deliveries", {"id": "anew(id, n)"}, "state = 'done'", kept)
    repeat("attempts", {"id": "anew(id, n)", "delivery_id": "anew(delivery_id, n)"}, up_to=kept)
    db.execute("pragma optimize")
    db.commit()


file, practices, what, *wanted = sys.argv[1:]
if what == "links":
    multiply_links(file, practices.split(","), wanted)
else:
    grow_history(file, int(wanted[0]))
