-- How much was written in an hour (since 1970), and how long after the news of it. For the charts: what a process that is
-- killed had not written down yet is missing here, and nowhere else.
create table pulse (
    connection_id text not null references connections (id) on delete cascade,
    hour bigint not null,
    writes bigint not null,
    -- Milliseconds, all writes together.
    lag_ms bigint not null,
    slowest_ms bigint not null,
    primary key (connection_id, hour)
);
-- Pairs that are kept the same no longer are few, and counted on the first page.
create index links_excluded on links (connection_id) where state <> 'linked';
