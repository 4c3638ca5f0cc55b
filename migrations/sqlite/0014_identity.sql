-- What identifies the instance behind a connection, as it was first seen or as a person confirmed it. A connection of
-- an earlier release gets its row when it is first looked at.
create table identities (
    connection_id text primary key references connections (id),
    -- JSON.
    remembered text not null,
    -- JSON of what would be remembered if a person says that it is the same; empty while nothing is in doubt.
    doubted text not null
);
