-- Plain column types only (text, bigint), so that one SQL text serves SQLite and PostgreSQL.
-- Times are UTC milliseconds. Ids are ULIDs. Secrets are sealed before they come here.

create table people (
    id text primary key,
    name text not null,
    email text not null unique,
    password_hash text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    created_at bigint not null
);

create table sessions (
    id text primary key,
    record text not null,
    expires_at bigint not null
);

-- One row each: 'setup_token' (hash of the one-time link), 'key_check' (proves that the key fits).
create table settings (
    name text primary key,
    value text not null
);

create table audit (
    id text primary key,
    at bigint not null,
    person text not null,
    action text not null,
    subject text not null,
    detail text not null,
    refused bigint not null
);

create table connections (
    id text primary key,
    name text not null,
    address text not null,
    environment text not null,
    client_id text not null,
    client_secret text not null,
    state text not null check (state in ('draft', 'active', 'paused', 'held')),
    state_note text not null,
    rules text not null,
    webhook_key text not null unique,
    webhook_secret text not null,
    acting_as text not null,
    active_since bigint not null,
    last_webhook bigint not null,
    last_poll bigint not null,
    checks text not null,
    tested_at bigint not null,
    created_at bigint not null
);

create table tokens (
    connection_id text primary key references connections (id),
    access text not null,
    refresh text not null,
    access_ends bigint not null,
    refresh_ends bigint not null,
    refreshed_at bigint not null
);

-- An authorization that was begun in a browser and has not come back yet.
create table authorizations (
    state text primary key,
    connection_id text not null references connections (id),
    session_id text not null,
    verifier text not null,
    created_at bigint not null,
    used bigint not null
);

create table links (
    id text primary key,
    connection_id text not null references connections (id),
    servicenow_id text not null,
    servicenow_number text not null,
    platform_id text,
    base text not null,
    -- Goes up with every plan and delivery: two workers can never both move a link on.
    version bigint not null,
    -- What a person must act on; empty when nothing.
    note text not null,
    created_at bigint not null,
    changed_at bigint not null,
    unique (connection_id, servicenow_id)
);
create index links_platform on links (platform_id);

-- Pairs of comments and work notes that are the same on both sides.
create table entries (
    link_id text not null references links (id),
    servicenow_id text not null,
    platform_id text not null,
    primary key (link_id, servicenow_id)
);
create index entries_platform on entries (link_id, platform_id);

-- Everything observed: a hint that a record moved, and the evidence of who said so.
create table changes (
    id text primary key,
    connection_id text not null references connections (id),
    -- The same event told twice has the same key.
    event_key text not null,
    source text not null check (source in ('webhook', 'poll', 'person')),
    side text not null check (side in ('servicenow', 'platform')),
    record_id text not null,
    arrived_at bigint not null,
    unique (connection_id, event_key)
);
create index changes_record on changes (connection_id, record_id, arrived_at);

-- Planned writes on their way to a side, in order within a link.
create table deliveries (
    id text primary key,
    link_id text not null references links (id),
    side text not null check (side in ('servicenow', 'platform')),
    kind text not null check (kind in ('create', 'write', 'append')),
    payload text not null,
    state text not null check (state in ('planned', 'sending', 'done', 'refused', 'superseded')),
    attempts bigint not null,
    -- When it was last sent; 0 before. An unsure answer may still come true for a while from here on.
    sent_at bigint not null,
    problem text not null,
    created_at bigint not null,
    done_at bigint not null
);
create index deliveries_open on deliveries (link_id, id) where state in ('planned', 'sending');

-- Who looks at what, when. A lane is one ServiceNow record of one connection: at most one job of it
-- waits and one runs.
create table jobs (
    id text primary key,
    connection_id text not null references connections (id),
    kind text not null check (kind in ('sync', 'poll')),
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
create unique index jobs_waiting on jobs (lane) where state in ('ready', 'buried');
create unique index jobs_running on jobs (lane) where state = 'running';
create index jobs_due on jobs (state, run_at);

-- How far polling has read, by stream.
create table cursors (
    connection_id text not null references connections (id),
    stream text not null,
    at bigint not null,
    primary key (connection_id, stream)
);

-- Append-only: what moved, when, which way, from what to what, and why.
create table history (
    id text primary key,
    at bigint not null,
    connection_id text not null references connections (id),
    link_id text not null references links (id),
    direction text not null,
    kind text not null check (kind in ('linked', 'fields', 'comment', 'problem')),
    summary text not null,
    who text not null,
    story text not null
);
create index history_connection on history (connection_id, id);
create index history_link on history (link_id, id);

-- Desk, the built-in ticket platform.
create table desk_users (
    id text primary key,
    email text not null unique,
    name text not null,
    created_by text not null,
    created_at bigint not null
);

create table desk_tickets (
    id text primary key,
    number text not null unique,
    -- The link that created it: asked again, creation finds it.
    origin text unique,
    reference text not null,
    title text not null,
    description text not null,
    status text not null,
    kind text not null,
    priority text not null,
    owner_id text references desk_users (id),
    requestor_id text references desk_users (id),
    due_at bigint,
    opened_at bigint not null,
    closed_at bigint,
    updated_at bigint not null,
    updated_by text not null,
    version bigint not null,
    -- Per field: who edited it last, and when.
    field_edits text not null
);
create index desk_tickets_updated on desk_tickets (updated_at, id);

create table desk_comments (
    id text primary key,
    ticket_id text not null references desk_tickets (id),
    -- The entry that it came from, if it came from the other side: appended again, it is found.
    origin text not null,
    author text not null,
    body text not null,
    internal bigint not null,
    written_in text not null,
    at bigint not null
);
create index desk_comments_ticket on desk_comments (ticket_id, at, id);
create unique index desk_comments_origin on desk_comments (ticket_id, origin) where origin <> '';

create table desk_edits (
    id text primary key,
    ticket_id text not null references desk_tickets (id),
    at bigint not null,
    who text not null,
    fields text not null
);
create index desk_edits_ticket on desk_edits (ticket_id, id);
