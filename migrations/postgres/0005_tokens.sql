-- One process at a time refreshes a connection's token: who, and until when at most.
alter table tokens add column refreshing_by text not null default '';
alter table tokens add column refreshing_until bigint not null default 0;
-- 1 for an access token that took the place of a refused one, until ServiceNow accepts it.
alter table tokens add column doubted bigint not null default 0;
-- When a person authorized; with refresh_ends it tells how long the instance's refresh tokens live.
alter table tokens add column granted_at bigint not null default 0;
-- The last warning of the end that was given, in days before it; 0 for none.
alter table tokens add column warned_days bigint not null default 0;
-- The first release counted 100 days from the grant.
update tokens set granted_at = refresh_ends - 8640000000;
