-- Accounts that close, links that set a password, attempts to sign in, tokens for programs; and the audit's lists.

alter table people add column closed_at bigint not null default 0;
alter table people add column signed_in_at bigint not null default 0;
-- Goes up when all sessions of a person end: each session remembers the number that it began with.
alter table people add column session_round bigint not null default 0;
-- The time zone that the person chose; empty for the browser's own.
alter table people add column zone text not null default '';

update people set signed_in_at = coalesce((
    select max(a.at) from audit a
    where a.person = people.id and a.action in ('people.first_admin', 'people.sign_in') and a.refused = 0
), 0);

-- A one-time link by which a person sets a password: its hash, and one a person.
create table password_links (
    person_id text primary key references people (id),
    token_hash text not null unique,
    ends_at bigint not null
);

-- Attempts to sign in, counted by account and by address until `ends_at`.
create table sign_in_attempts (
    what text primary key,
    tried bigint not null,
    ends_at bigint not null
);
create index sign_in_attempts_ended on sign_in_attempts (ends_at);

-- Tokens with which programs act for a person: their hashes.
create table api_tokens (
    id text primary key,
    person_id text not null references people (id),
    name text not null,
    token_hash text not null unique,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    created_at bigint not null,
    ends_at bigint not null,
    used_at bigint not null default 0,
    revoked_at bigint not null default 0
);
create index api_tokens_person on api_tokens (person_id, id);

-- The token that a person acted by; empty for a browser.
alter table audit add column token text not null default '';
-- One for each way in which the audit is asked, the newest first. What was refused is little, and has its own.
create index audit_at on audit (at, id);
create index audit_person on audit (person, at, id);
create index audit_action on audit (action, at, id);
create index audit_subject on audit (subject, at, id);
create index audit_person_action on audit (person, action, at, id);
create index audit_done on audit (action, subject, at);
create index audit_refused on audit (at, id) where refused = 1;
create index audit_person_refused on audit (person, at, id) where refused = 1;
create index audit_action_refused on audit (action, at, id) where refused = 1;
