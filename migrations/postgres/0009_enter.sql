-- A ticket has one link that is kept, whichever connection made it: two workers, or two connections, never both make a
-- record of it. The ids of a platform are its own among all connections.
create unique index links_one_of_a_ticket on links (platform_id) where platform_id is not null and state = 'linked';

-- When a person last touched the ticket or what belongs to it, and how often that was: what a poll of Desk goes by. What
-- was touched before is not news.
alter table desk_tickets add column touched_at bigint not null default 0;
alter table desk_tickets add column touches bigint not null default 0;
create index desk_tickets_touched on desk_tickets (touched_at, id) where touched_at > 0;

-- JSON: the last row that a poll has stored which is not at its end yet; empty otherwise.
alter table cursors add column place text not null default '';

-- A backfill: the run pulls records that have no link, made or updated from this moment on. 0 for a reconcile run.
alter table runs add column since bigint not null default 0;
