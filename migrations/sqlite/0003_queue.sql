-- 0 a person waits for it, 1 one of many: a backfill, a reconcile run.
alter table jobs add column urgency bigint not null default 0 check (urgency in (0, 1));
-- The side asked not to be called on this record before; news does not bring the job further forward than this.
alter table jobs add column not_before bigint not null default 0;

-- The head of each connection's waiting jobs is found without passing by the others.
drop index jobs_due;
create index jobs_next on jobs (connection_id, urgency, run_at, id) where state = 'ready';
create index jobs_running_of on jobs (connection_id) where state = 'running';
create index jobs_leases on jobs (lease_until) where state = 'running';
