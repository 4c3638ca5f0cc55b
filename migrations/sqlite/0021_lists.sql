-- Whether a ticket is linked by a connection is asked of one ticket after the other: both are in the index.
drop index links_platform;
create index links_platform on links (platform_id, connection_id);

-- What waits for a person is little beside all that does not: it is listed, grouped and counted from here alone.
drop index links_noted;
create index links_noted on links (connection_id, changed_at, note) where note <> '';
drop index dead_letters_listed;
create index dead_letters_open on dead_letters (connection_id, cause, opened_at, id) where state = 'open';
create index dead_letters_of_link on dead_letters (link_id) where state = 'open';
