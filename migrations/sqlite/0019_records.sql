-- Who looks at what just now, and until when that counts: told to others who look at the same, in every process.
create table presences (
    -- `conflict/` and a link's id.
    subject text not null,
    person_id text not null,
    name text not null,
    until bigint not null,
    primary key (subject, person_id)
);

-- The conflicts that are not over, by record and by rule.
create index conflicts_waiting on conflicts (connection_id, rule, link_id) where state in ('open', 'chosen');

-- The fields that a line of history is about.
create table history_fields (
    field text not null,
    history_id text not null references history (id) on delete cascade,
    primary key (field, history_id)
);
create index history_fields_line on history_fields (history_id);
insert into history_fields (field, history_id)
    select distinct f.value->>'field', h.id
    from history h, json_each(case when json_valid(h.story) then h.story else '{}' end, '$.fields') f;
create index history_who on history (lower(who), id);
create index history_kind on history (kind, id);
create index links_number on links (servicenow_number);

-- What was asked and answered while a delivery was on its way, secrets masked and texts cut: one row an attempt.
create table attempts (
    id text primary key,
    delivery_id text not null,
    at bigint not null,
    took_ms bigint not null,
    -- `done`, `refused` or `failed`.
    outcome text not null,
    problem text not null,
    -- JSON.
    exchanges text not null
);
create index attempts_delivery on attempts (delivery_id, id);
create index attempts_at on attempts (at);

-- How a pair stood after each change: the values that both sides agreed on from then on, and where they differed, each
-- side's. What came before the first row is not known.
create table moments (
    link_id text not null references links (id),
    -- The link's.
    version bigint not null,
    at bigint not null,
    -- JSON by rule: only what moved.
    base text not null,
    -- JSON by rule: ServiceNow's value and the platform's.
    sides text not null,
    primary key (link_id, version)
);
insert into moments (link_id, version, at, base, sides)
    select id, version, changed_at, base, '{}' from links where base <> '{}';
