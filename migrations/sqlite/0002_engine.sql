-- A pair that a person or a deletion policy took apart stays to be read, and is not synced any more.
alter table links add column state text not null default 'linked' check (state in ('linked', 'unlinked'));
create index links_noted on links (connection_id, changed_at) where note <> '';

-- Two people disagree about a field and the strategy says that a person must choose.
create table conflicts (
    id text primary key,
    connection_id text not null references connections (id),
    link_id text not null references links (id),
    rule text not null,
    -- Canonical values as JSON; the base is empty where the sides never agreed.
    base text not null,
    servicenow text not null,
    platform text not null,
    -- Who and when, as far as the sides tell: JSON.
    servicenow_edit text not null,
    platform_edit text not null,
    why text not null,
    state text not null check (state in ('open', 'chosen', 'resolved', 'withdrawn')),
    -- What a person chose, as JSON; empty until then.
    choice text not null,
    chosen_by text not null,
    chosen_at bigint not null,
    opened_at bigint not null,
    closed_at bigint not null
);
create unique index conflicts_one on conflicts (link_id, rule) where state in ('open', 'chosen');
create index conflicts_listed on conflicts (connection_id, state, opened_at);

-- What will not be tried again until a person acts, or until what is wanted changes.
create table dead_letters (
    id text primary key,
    connection_id text not null references connections (id),
    -- Null for work that belongs to no link, such as a record that cannot enter.
    link_id text references links (id),
    -- The lane of the job that would try again.
    lane text not null,
    side text not null,
    kind text not null,
    -- Of a field write; empty otherwise.
    rule text not null,
    -- What was to be written, as JSON. While just this is wanted, it is not sent again.
    wanted text not null,
    -- The same for all that one fix repairs.
    cause text not null,
    problem text not null,
    attempts bigint not null,
    state text not null check (state in ('open', 'retried', 'discarded', 'settled')),
    -- Why it was discarded, and by whom it was closed.
    reason text not null,
    closed_by text not null,
    opened_at bigint not null,
    closed_at bigint not null
);
create unique index dead_letters_one on dead_letters (lane, side, kind, rule) where state = 'open';
create index dead_letters_listed on dead_letters (connection_id, state, cause, opened_at);

-- The lists of kinds grow with the engine, so the database no longer checks them. SQLite drops a check by copying the table.
create table deliveries_new (
    id text primary key,
    link_id text not null references links (id),
    side text not null check (side in ('servicenow', 'platform')),
    kind text not null,
    payload text not null,
    state text not null check (state in ('planned', 'sending', 'done', 'refused', 'superseded')),
    attempts bigint not null,
    -- When it was last sent; 0 before. An unsure answer may still come true for a while from here on.
    sent_at bigint not null,
    problem text not null,
    created_at bigint not null,
    done_at bigint not null
);
insert into deliveries_new select * from deliveries;
drop table deliveries;
alter table deliveries_new rename to deliveries;
create index deliveries_open on deliveries (link_id, id) where state in ('planned', 'sending');

create table jobs_new (
    id text primary key,
    connection_id text not null references connections (id),
    kind text not null,
    lane text not null,
    subject text not null,
    run_at bigint not null,
    attempts bigint not null,
    state text not null check (state in ('ready', 'running', 'buried')),
    leased_by text not null,
    lease_until bigint not null,
    problem text not null,
    created_at bigint not null
);
insert into jobs_new select * from jobs;
drop table jobs;
alter table jobs_new rename to jobs;
create unique index jobs_waiting on jobs (lane) where state in ('ready', 'buried');
create unique index jobs_running on jobs (lane) where state = 'running';
create index jobs_due on jobs (state, run_at);

create table history_new (
    id text primary key,
    at bigint not null,
    connection_id text not null references connections (id),
    link_id text not null references links (id),
    direction text not null,
    kind text not null,
    summary text not null,
    who text not null,
    story text not null
);
insert into history_new select * from history;
drop table history;
alter table history_new rename to history;
create index history_connection on history (connection_id, id);
create index history_link on history (link_id, id);

create table changes_new (
    id text primary key,
    connection_id text not null references connections (id),
    -- The same event told twice has the same key.
    event_key text not null,
    source text not null,
    side text not null check (side in ('servicenow', 'platform')),
    record_id text not null,
    arrived_at bigint not null,
    unique (connection_id, event_key)
);
insert into changes_new select * from changes;
drop table changes;
alter table changes_new rename to changes;
create index changes_record on changes (connection_id, record_id, arrived_at);
