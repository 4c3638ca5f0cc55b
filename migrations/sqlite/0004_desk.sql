-- Desk's tickets hold what other platforms' tickets have, and can be deleted: what is left is a tombstone.
alter table desk_tickets add column severity text not null default '';
-- Sorted, joined by commas.
alter table desk_tickets add column labels text not null default '';
alter table desk_tickets add column account text not null default '';
alter table desk_tickets add column contact text not null default '';
alter table desk_tickets add column snoozed_until bigint;
-- JSON: name to text.
alter table desk_tickets add column custom text not null default '{}';
alter table desk_tickets add column deleted_at bigint;
alter table desk_tickets add column deleted_by text not null default '';

create table desk_files (
    id text primary key,
    ticket_id text not null references desk_tickets (id),
    -- The other side's file that it came from; empty when it was added here.
    origin text not null,
    name text not null,
    content_type text not null,
    size bigint not null,
    sha256 text not null,
    author text not null,
    written_in text not null,
    at bigint not null,
    -- It is arriving until all of its content is here. One that was cut off is swept.
    state text not null check (state in ('arriving', 'kept')),
    begun_at bigint not null
);
create index desk_files_ticket on desk_files (ticket_id, at, id);
create unique index desk_files_origin on desk_files (ticket_id, origin) where origin <> '' and state = 'kept';
create index desk_files_arriving on desk_files (begun_at) where state = 'arriving';

-- A file's content, in pieces: it is never whole in memory.
create table desk_pieces (
    file_id text not null references desk_files (id),
    place bigint not null,
    content blob not null,
    primary key (file_id, place)
);

-- Pairs of files that are the same on both sides. One that could not go to a side has a stand-in there.
create table attachments (
    link_id text not null references links (id),
    servicenow_id text not null,
    platform_id text not null,
    primary key (link_id, servicenow_id)
);
