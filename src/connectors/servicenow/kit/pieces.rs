//! The records of a kit. What must hold: nobody who saves waits for us, nothing but identifiers is sent, and a webhook
//! that does not arrive costs time only.

use super::{Kind, Kit, Piece};
use secrecy::ExposeSecret;

pub(super) const SENDER: &str = include_str!("scripts/sender.js");
const SCRIPT_ACTION: &str = include_str!("scripts/script_action.js");
const UI_ACTION: &str = include_str!("scripts/ui_action.js");
const RECORD: &str = include_str!("scripts/rule_record.js");
const JOURNAL: &str = include_str!("scripts/rule_journal.js");
const ATTACHMENT: &str = include_str!("scripts/rule_attachment.js");
const DELETED: &str = include_str!("scripts/rule_deleted.js");

/// Behind the rules of the instance itself, which may still change the record.
const LATE: &str = "1000";
const TOLD: &str = "Within a minute the connection's page in Isthmus shows a new time at \"Last webhook\".";

impl Kit {
    /// Everything, in an order in which nothing is missing while it is installed one by one.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = self.settings();
        pieces.extend([self.sender(), self.event(), self.script_action()]);
        pieces.extend([self.record_rule(), self.journal_rule(), self.attachment_rule(), self.deletion_rule()]);
        pieces.push(self.button());
        pieces.extend(self.rights());
        pieces
    }

    /// A script as this connection runs it.
    fn script(&self, text: &str) -> String {
        text.replace("CONNECTION", &self.tag())
    }

    fn event_name(&self) -> String {
        format!("isthmus.{}.send", self.tag())
    }

    fn settings(&self) -> Vec<Piece> {
        let setting = |name: &str, of: &str, value: &str, does: &str, check: &str| {
            let full = format!("isthmus.{}.{name}", self.tag());
            self.piece(Kind::Property, &format!("property {name}"), full.as_str())
                .with_all([("name", &full), ("type", of), ("value", value), ("description", does)])
                .with_all([("read_roles", "admin"), ("write_roles", "admin")])
                .does(does)
                .check(check)
        };
        vec![
            setting(
                "enabled",
                "boolean",
                "true",
                "Whether Isthmus is told of changes. With false nothing is sent, and Isthmus finds changes by polling.",
                "The list of properties shows it with the value true.",
            ),
            setting(
                "table",
                "string",
                &self.table,
                "The table whose records Isthmus keeps the same on both sides.",
                "The value is the table of the connection.",
            ),
            setting(
                "endpoint",
                "string",
                &self.endpoint,
                "Where Isthmus hears of changes. Part of the address is secret: treat it as a password.",
                "The value is the address that the connection's page in Isthmus shows.",
            ),
            setting(
                "secret",
                "string",
                self.secret.expose_secret(),
                "What signs the news, so that Isthmus knows them to be from here. Treat it as a password.",
                "A change of a record arrives in Isthmus. A wrong secret is refused with 401, and the system log says so.",
            ),
        ]
    }

    fn sender(&self) -> Piece {
        let class = format!("Isthmus_{}", self.tag());
        self.piece(Kind::ScriptInclude, "sender", class.as_str())
            .with_all([("name", &class), ("active", "true"), ("client_callable", "false")])
            .with("api_name", format!("global.{class}"))
            .with("script", self.script(SENDER))
            .does(
                "Builds the signed message and sends it. What was not taken is sent again with growing pauses, then \
                 left to polling.",
            )
            .check("All > System Logs > System Log > All has no line of Isthmus that news were given up.")
    }

    fn event(&self) -> Piece {
        self.piece(Kind::EventRegistration, "event", self.event_name())
            .with("event_name", self.event_name())
            .with("description", "Fired by Isthmus's scripts, with what is to be sent and the number of tries so far.")
            .does("Names the event by which something is sent later: after a failure, a deletion or the button.")
            .check("The registry lists it.")
    }

    fn script_action(&self) -> Piece {
        let name = format!("Isthmus {}: send", self.tag());
        self.piece(Kind::ScriptAction, "script action", name.as_str())
            .with_all([("name", &name), ("active", "true")])
            .with("event_name", self.event_name())
            .with("script", self.script(SCRIPT_ACTION))
            .does("Sends what an event is about.")
            .check("Press the button on a record: All > System Logs > Events shows the event as processed.")
    }

    fn record_rule(&self) -> Piece {
        // The sys_id of the one rule that was installed before there was a kit: it becomes this one.
        self.rule("business rule", "record", RECORD)
            .with_all([("collection", &self.table), ("action_insert", "true"), ("action_update", "true")])
            .does("Tells of a new or changed record, after it was saved and apart from whoever saved it.")
            .check(format!("Change a record of {}. {TOLD}", self.table))
    }

    fn journal_rule(&self) -> Piece {
        self.rule("rule journal", "comment or work note", JOURNAL)
            .with_all([("collection", "sys_journal_field"), ("action_insert", "true")])
            .with("filter_condition", format!("name={}^elementINcomments,work_notes", self.table))
            .with("active", self.streams.journals.to_string())
            .does("Tells of a new comment or work note on a record of the table.")
            .check(format!("Write a work note on a record of {}. {TOLD}", self.table))
    }

    fn attachment_rule(&self) -> Piece {
        // A file is updated when its virus scan is over.
        self.rule("rule attachment", "file", ATTACHMENT)
            .with_all([("collection", "sys_attachment"), ("action_insert", "true"), ("action_update", "true")])
            .with("filter_condition", format!("table_name={}", self.table))
            .with("active", self.streams.attachments.to_string())
            .does("Tells of a new file on a record of the table.")
            .check(format!("Attach a file to a record of {}. {TOLD}", self.table))
    }

    fn deletion_rule(&self) -> Piece {
        // An asynchronous rule would find no record any more (contract 11.1).
        self.rule("rule deleted", "deleted record", DELETED)
            .with_all([("collection", &self.table), ("when", "after"), ("action_delete", "true")])
            .does("Tells of a deleted record. The deletion waits for a row of the event queue only; that sends later.")
            .check(format!("Delete a record of {} that was made for this. {TOLD}", self.table))
    }

    fn rule(&self, part: &str, of: &str, script: &str) -> Piece {
        let name = format!("Isthmus {}: {of}", self.tag());
        self.piece(Kind::BusinessRule, part, name.as_str())
            .with_all([("name", &name), ("active", "true"), ("advanced", "true"), ("when", "async"), ("order", LATE)])
            .with_all([("action_insert", "false"), ("action_update", "false"), ("action_delete", "false")])
            .with("description", self.belongs())
            .with("script", self.script(script))
    }

    fn button(&self) -> Piece {
        let tag = self.tag();
        let name = format!("Send to Isthmus ({})", self.shown_name());
        self.piece(Kind::UiAction, "ui action", name.as_str())
            .with_all([
                ("name", &name),
                ("table", &self.table),
                ("order", LATE),
                ("active", "true"),
                ("client", "false"),
            ])
            .with_all([("form_button", "true"), ("show_insert", "false"), ("show_update", "true")])
            .with("action_name", format!("isthmus_{tag}_send"))
            .with("hint", "Saves the record and asks Isthmus to look at it now")
            .with("condition", format!("gs.getProperty('isthmus.{tag}.enabled') == 'true' && current.canWrite()"))
            .with("script", self.script(UI_ACTION))
            .does("A button on the record's form, by which a person sends this one record now.")
            .check(format!("Open a record of {} and press it. The form says that Isthmus will look.", self.table))
            .optional()
    }

    pub(super) fn belongs(&self) -> String {
        format!("Of Isthmus's connection \"{}\". Installed from its console.", self.shown_name())
    }
}
