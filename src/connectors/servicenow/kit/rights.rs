//! The role for the account that Isthmus acts as, so that it needs no administrator's: reading what is needed besides
//! the records themselves. The right to read and write the table's records comes from the instance's own roles.

use super::{Kind, Kit, Piece};

/// Each is guarded by rules of its own on every instance, so that one rule more opens it for this role and closes it for
/// nobody. A first rule on a table that has none would take it from all others: such tables must never be named here.
const READ: [(&str, &str); 5] = [
    ("sys_journal_field", "comments and work notes, entry by entry"),
    ("sys_audit", "when a field was changed and by whom"),
    ("sys_audit_delete", "whether a record that is missing was deleted"),
    ("sys_dictionary", "what the table's columns may hold"),
    ("sys_db_object", "what table the table extends"),
];

impl Kit {
    pub(super) fn rights(&self) -> Vec<Piece> {
        let role = self.role();
        let opened = READ.iter().flat_map(|(table, what)| {
            let control = self.access_control(table, what);
            let grant = self.grant(table, &control, &role);
            [control, grant]
        });
        std::iter::once(role.clone()).chain(opened).collect()
    }

    fn role(&self) -> Piece {
        let name = format!("isthmus_{}", self.tag());
        self.piece(Kind::Role, "role", name.as_str())
            .with("name", name)
            .with("description", self.belongs())
            .does(
                "A role for the account that Isthmus acts as. Together with a role that reads and writes the table it \
                 is enough: no admin.",
            )
            .check(
                "Give it to the account (All > User Administration > Users > the account > Roles > Edit), then press \
                 Test on the connection's page in Isthmus.",
            )
            .optional()
    }

    fn access_control(&self, table: &str, what: &str) -> Piece {
        self.piece(Kind::AccessControl, &format!("acl {table}"), table)
            .with_all([("name", table), ("type", "record"), ("operation", "read")])
            .with_all([("active", "true"), ("admin_overrides", "true")])
            .with("description", self.belongs())
            .does(format!("Opens table {table} for reading: {what}."))
            .check(format!("The list of access controls shows it at {table}, with the operation read."))
            .optional()
    }

    fn grant(&self, table: &str, control: &Piece, role: &Piece) -> Piece {
        self.piece(Kind::AccessRole, &format!("acl role {table}"), format!("{table}.{}", role.name))
            .with_all([("sys_security_acl", &control.sys_id), ("sys_user_role", &role.sys_id)])
            .does(format!("Opens table {table} for the role {} alone.", role.name))
            .check(format!("On the form of that access control for {table}, Requires role names {}.", role.name))
            .optional()
    }
}
