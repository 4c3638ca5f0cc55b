-- How a connection takes webhooks. Without a row: by signature alone, with the secret that it was made with.
create table hooks (
    connection_id text primary key references connections (id) on delete cascade,
    -- 1 where a call without a signature counts.
    unsigned bigint not null,
    -- The secret in connections.webhook_secret: its number, when it was made, and when a call signed with it first and last came.
    serial bigint not null,
    rotated_at bigint not null,
    first_used bigint not null,
    last_used bigint not null,
    -- The secret before it, sealed, valid until it ends; empty when there is none.
    former text not null,
    former_serial bigint not null,
    former_used bigint not null,
    former_ends bigint not null
);

-- Calls that were not taken, by reason. The sample is the newest one; nothing of what it said is kept.
create table turned_away (
    connection_id text not null references connections (id) on delete cascade,
    reason text not null,
    calls bigint not null,
    first_at bigint not null,
    last_at bigint not null,
    bytes bigint not null,
    peer text not null,
    excerpt text not null,
    primary key (connection_id, reason)
);
