-- Webhooks of a flood: on disk when they are answered, and sorted into changes and jobs afterwards.
create table inbox (
    id text primary key,
    -- Who put it here and sorts it; after a while anybody does.
    process text not null,
    put_at bigint not null,
    -- How many webhooks the body holds.
    webhooks bigint not null,
    -- JSON.
    body text not null
);
create index inbox_process on inbox (process, id);
create index inbox_put_at on inbox (put_at);

-- When a connection last moved something, at a glance.
create index links_changed on links (connection_id, changed_at);
