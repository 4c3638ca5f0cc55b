-- 1 while just what the letter wanted is not sent again: an open one, and a discarded one until something else is
-- wanted. `rule` names a field rule for a field write; for an entry or a file it is the key of it.
alter table dead_letters add column holds bigint not null default 1;
drop index dead_letters_one;
create unique index dead_letters_held on dead_letters (lane, side, kind, rule) where holds = 1;

-- What a connection does by itself, and how much of it at once, as JSON. Without a row, the defaults.
create table upkeep (
    connection_id text primary key references connections (id),
    settings text not null
);

-- Reconcile runs: a scan of all links, and of records with no link, for drift.
create table runs (
    id text primary key,
    connection_id text not null references connections (id),
    -- Nothing is written.
    dry bigint not null,
    state text not null check (state in ('running', 'stopped', 'done', 'cancelled')),
    -- A person's name, or the timetable.
    begun_by text not null,
    begun_at bigint not null,
    ended_at bigint not null,
    -- What was scanned so far, and up to which link and which record.
    scan text not null check (scan in ('links', 'records', 'all')),
    link_at text not null,
    record_at text not null,
    -- The links when it began, and how many it may touch before a person is asked.
    links bigint not null,
    allowed bigint not null,
    -- Looks that were queued; those that do not wait any more are done.
    queued bigint not null,
    touched bigint not null,
    differences bigint not null
);
create unique index runs_one on runs (connection_id) where state in ('running', 'stopped');
create index runs_listed on runs (connection_id, id);

-- What a run found: one row a record and field.
create table findings (
    run_id text not null references runs (id),
    lane text not null,
    rule text not null,
    link_id text references links (id),
    servicenow text not null,
    platform text not null,
    why text not null,
    primary key (run_id, lane, rule)
);

-- The run that asked for a look; empty when news did. News takes a waiting look over.
alter table jobs add column run_id text not null default '';
create index jobs_of_run on jobs (run_id) where run_id <> '';
create index links_of_connection on links (connection_id, id);

-- What retention removed: a line for each purge, shown with the history.
create table purges (
    id text primary key,
    at bigint not null,
    what text not null,
    removed bigint not null,
    up_to bigint not null
);
