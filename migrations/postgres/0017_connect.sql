-- How far a person has come with Connect: the step to go on with. Without a row, Connect is over.
create table connecting (
    connection_id text primary key references connections (id) on delete cascade,
    step bigint not null,
    -- The first day of the history to pull, as 2026-11-30; empty for from now on.
    history text not null
);
insert into connecting (connection_id, step, history) select id, 3, '' from connections where state = 'draft';

-- What a look at an instance found: the last probe of the account's rights, the last live test.
create table probes (
    connection_id text not null references connections (id) on delete cascade,
    kind text not null,
    at bigint not null,
    -- JSON.
    found text not null,
    primary key (connection_id, kind)
);

-- When a person disconnected it; 0 otherwise. Its credentials are gone then, its links and history are kept.
alter table connections add column disconnected_at bigint not null default 0;
