-- Every mapping that was in force, as it was published.
create table mapping_versions (
    connection_id text not null references connections (id) on delete cascade,
    version bigint not null,
    rules text not null,
    -- A person's name; empty where nobody said.
    published_by text not null,
    -- 0 where nobody knows.
    published_at bigint not null,
    note text not null,
    primary key (connection_id, version)
);
insert into mapping_versions (connection_id, version, rules, published_by, published_at, note)
    select id, cast(cast(rules as json) ->> 'version' as bigint), rules, '', 0, '' from connections;

-- A mapping that somebody is working on: one a connection.
create table mapping_drafts (
    connection_id text primary key references connections (id) on delete cascade,
    -- The version that it began with.
    based_on bigint not null,
    -- Goes up with every edit.
    revision bigint not null,
    rules text not null,
    edited_by text not null,
    edited_at bigint not null
);

-- What a draft would do to the links that are there, as far as they were looked at: the last look.
create table mapping_previews (
    connection_id text primary key references connections (id) on delete cascade,
    -- Another look takes its place.
    id text not null,
    -- The draft's.
    revision bigint not null,
    state text not null check (state in ('running', 'done', 'failed')),
    -- Links to look at, and what was found of them so far.
    links bigint not null,
    looked bigint not null,
    touched bigint not null,
    -- JSON.
    found text not null,
    begun_by text not null,
    begun_at bigint not null,
    -- When it last got on: one that does not any more was cut off.
    moved_at bigint not null
);
