-- For the newest change alone. Without a condition SQLite takes it for others that it looks like, and a page that counts
-- links with a note reads every link of the connection.
drop index links_changed;
create index links_changed on links (connection_id, changed_at) where changed_at > 0;
