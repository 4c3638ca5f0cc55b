-- Goes up whenever the values of a conflict change or somebody chooses: a choice is for what the person saw.
alter table conflicts add column version bigint not null default 1;

-- Per rule, as JSON: what a side kept of a text that it cut. It counts as the whole text until somebody edits it there.
alter table links add column cuts text not null default '{}';

-- What was last written of a link: something that changes a value back again and again is found by it.
create index deliveries_link on deliveries (link_id, id);
