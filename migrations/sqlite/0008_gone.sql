-- The side whose record was deleted, once that is dealt with as the rules say; empty while both are there. A deletion is
-- dealt with once, whatever is published since.
alter table links add column gone text not null default '' check (gone in ('', 'servicenow', 'platform'));

-- The pairs that are kept the same, as they are counted and looked through.
drop index links_of_connection;
create index links_of_connection on links (connection_id, id) where state = 'linked';
