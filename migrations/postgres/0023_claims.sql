-- Whoever takes a job reads at once what it is about, by the claim. Few jobs run at once: those whose lease ended are found
-- among them, and an index on that moment would cost each job two writes.
drop index jobs_leases;
drop index jobs_running_of;
create index jobs_running_of on jobs (connection_id, leased_by, subject, lane) where state = 'running';
