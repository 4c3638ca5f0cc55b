-- How far each stream was read, and what that proves: one row each.
alter table cursors add column about text not null default '';
-- Milliseconds that the side's clock was ahead of ours when the stream was last read whole.
alter table cursors add column ahead_ms bigint not null default 0;
-- Between these, by our clock, nothing was missed.
alter table cursors add column certain_from bigint not null default 0;
alter table cursors add column certain_to bigint not null default 0;
-- When it was last read whole, or found closed; and when it last told of something new.
alter table cursors add column read_at bigint not null default 0;
alter table cursors add column found_at bigint not null default 0;
-- Why the side does not show it, and why the last reading failed; empty when neither.
alter table cursors add column closed text not null default '';
alter table cursors add column problem text not null default '';

-- A cursor was the newest row's time; now everything before it has committed.
update cursors set certain_from = at, certain_to = at;
update cursors set at = at - 32000;
-- What became a stream of its own begins where the records are.
insert into cursors (connection_id, stream, at, place, certain_from, certain_to)
    select connection_id, 'journals', at, '', certain_from, certain_to from cursors where stream = 'records'
    union all
    select connection_id, 'attachments', at, '', certain_from, certain_to from cursors where stream = 'records'
    union all
    select connection_id, 'deletions', at, '', certain_from, certain_to from cursors where stream = 'records';

-- How the news came that a line follows from; empty where nobody told.
alter table history add column heard text not null default '';
create index history_recovered on history (connection_id, id) where heard = 'poll';
