//! The demo incidents with their comments and work notes, in every state.

use super::people::{group, user};
use super::{add, fixed_id};
use crate::clock;
use crate::instance::Instance;
use crate::store::Write;

struct Demo {
    number: u32,
    /// A well-known sys_id, or empty.
    sys_id: &'static str,
    text: &'static str,
    caller: &'static str,
    /// Category and subcategory.
    about: (&'static str, &'static str),
    state: &'static str,
    impact: u8,
    urgency: u8,
    group: &'static str,
    agent: &'static str,
    /// Comments and work notes in turn: the first is the agent's comment, the second a work note.
    journal: &'static [&'static str],
}

#[rustfmt::skip]
const INCIDENTS: &[Demo] = &[
    Demo { number: 49, sys_id: "ef4225a40a0a0b5700d0b8a790747812", text: "Network storage unavailable", caller: "beth.anglin", about: ("network", ""), state: "2", impact: 2, urgency: 1, group: "Network", agent: "don.goodliffe", journal: &["We are looking at the storage switch now.", "Port 14 flaps. Spare part ordered."] },
    Demo { number: 60, sys_id: "1c741bd70b2322007518478d83673af3", text: "Unable to connect to email", caller: "employee", about: ("inquiry", "email"), state: "7", impact: 3, urgency: 3, group: "Network", agent: "david.loo", journal: &["Your mailbox is reachable again."] },
    Demo { number: 601, sys_id: "9e7f9864532023004247ddeeff7b121f", text: "The USB port on my PC stopped working", caller: "beth.anglin", about: ("hardware", ""), state: "7", impact: 3, urgency: 3, group: "Hardware", agent: "fred.luddy", journal: &[] },
    Demo { number: 7001, sys_id: "", text: "Employee payroll application server is down", caller: "david.miller", about: ("payroll", ""), state: "3", impact: 1, urgency: 1, group: "Payroll Support", agent: "priya.nair", journal: &["Could you tell us which page you had open?", "The vendor knows of a similar case."] },
    Demo { number: 9001, sys_id: "a623cdb073a023002728660c4cf6a768", text: "Unable to post content on a Wiki page", caller: "david.miller", about: ("software", ""), state: "1", impact: 2, urgency: 2, group: "Software", agent: "", journal: &[] },
    Demo { number: 9005, sys_id: "ed92e8d173d023002728660c4cf6a7bc", text: "Email server is down.", caller: "david.miller", about: ("software", "email"), state: "1", impact: 1, urgency: 1, group: "Software", agent: "", journal: &["All mail is queued and will arrive late."] },
    Demo { number: 2, sys_id: "", text: "Laptop does not wake from sleep", caller: "abel.tuter", about: ("hardware", "monitor"), state: "2", impact: 3, urgency: 2, group: "Hardware", agent: "luke.wilson", journal: &["Please hold the power button for ten seconds.", "Firmware 1.9 has this fault."] },
    Demo { number: 3, sys_id: "", text: "VPN disconnects every hour", caller: "emil.lindqvist", about: ("network", "vpn"), state: "2", impact: 2, urgency: 2, group: "Network", agent: "mei.chen", journal: &["Does it happen on the office network too?", "Idle timer on the gateway is 3600 s."] },
    Demo { number: 4, sys_id: "", text: "Payslip for December is missing", caller: "hana.sato", about: ("payroll", "payslip"), state: "1", impact: 3, urgency: 2, group: "Payroll Support", agent: "", journal: &[] },
    Demo { number: 5, sys_id: "", text: "Interview room booked twice", caller: "carol.coughlin", about: ("hiring", "interview"), state: "2", impact: 3, urgency: 3, group: "People Operations", agent: "vera.kovacs", journal: &["We moved the second interview to room 4."] },
    Demo { number: 6, sys_id: "", text: "Access to the finance share", caller: "farah.haddad", about: ("access_request", "new access"), state: "3", impact: 3, urgency: 2, group: "Identity and Access", agent: "amina.bello", journal: &["We need your manager's approval.", "Reminder sent to the manager."] },
    Demo { number: 7, sys_id: "", text: "How do I change my bank details?", caller: "lars.jensen", about: ("employee_help", "policy question"), state: "6", impact: 3, urgency: 3, group: "People Operations", agent: "vera.kovacs", journal: &["You find it in the employee portal under Pay."] },
    Demo { number: 8, sys_id: "", text: "Reports database answers slowly", caller: "oscar.delgado", about: ("database", "oracle"), state: "2", impact: 1, urgency: 2, group: "Database", agent: "samuel.okoro", journal: &["We see it too and are working on it.", "Statistics are stale since Sunday."] },
    Demo { number: 9, sys_id: "", text: "Wireless weak on the third floor", caller: "tove.berg", about: ("network", "wireless"), state: "1", impact: 2, urgency: 3, group: "Network", agent: "", journal: &[] },
    Demo { number: 10, sys_id: "", text: "Antivirus asks for a licence", caller: "rosa.marin", about: ("inquiry", "antivirus"), state: "6", impact: 3, urgency: 3, group: "Service Desk", agent: "rob.phillips", journal: &["The licence server is back.", "Restarted the licence service."] },
    Demo { number: 11, sys_id: "", text: "Keyboard types the wrong letters", caller: "yusuf.demir", about: ("hardware", "keyboard"), state: "8", impact: 3, urgency: 3, group: "Hardware", agent: "bud.richman", journal: &["Cancelled at your wish."] },
    Demo { number: 12, sys_id: "", text: "Offer letter shows the old logo", caller: "ines.carvalho", about: ("hiring", "offer"), state: "1", impact: 3, urgency: 3, group: "People Operations", agent: "", journal: &[] },
    Demo { number: 13, sys_id: "", text: "Name server answers with an old address", caller: "kemi.adeyemi", about: ("network", "dns"), state: "2", impact: 2, urgency: 1, group: "Network", agent: "don.goodliffe", journal: &["Fixed for new lookups, old ones end within an hour."] },
    Demo { number: 14, sys_id: "", text: "Remove access of a former contractor", caller: "nadia.rahman", about: ("access_request", "revoke access"), state: "7", impact: 2, urgency: 1, group: "Identity and Access", agent: "amina.bello", journal: &["Done, all sessions were ended."] },
    Demo { number: 15, sys_id: "", text: "Internal application shows a blank page", caller: "wanda.zielinska", about: ("inquiry", "internal_application"), state: "1", impact: 2, urgency: 2, group: "Application Development", agent: "", journal: &[] },
];

pub(super) fn furnish(instance: &Instance, write: &mut Write) {
    let Some(born) = clock::parse(super::BORN) else { return };
    for (days, demo) in (1..).zip(INCIDENTS) {
        let at = |hours: i64| clock::text(clock::shifted(born, days * 86_400 + hours * 3_600));
        let (opened, changed) = (at(0), at(3));
        let number = format!("INC{:07}", demo.number);
        let id = if demo.sys_id.is_empty() { fixed_id(&number) } else { demo.sys_id.to_owned() };
        let (caller, agent) = (user(demo.caller), Some(demo.agent).filter(|name| !name.is_empty()).map(user));
        let agent = agent.unwrap_or_default();
        let done = matches!(demo.state, "6" | "7");
        let ended = matches!(demo.state, "7" | "8");
        let when = |condition: bool, value: &str| if condition { value.to_owned() } else { String::new() };
        let (impact, urgency) = (demo.impact.to_string(), demo.urgency.to_string());
        let priority = (demo.impact + demo.urgency - 1).to_string();
        let values: [(&str, &str); 30] = [
            ("number", &number),
            ("task_effective_number", &number),
            ("sys_class_name", "incident"),
            ("short_description", demo.text),
            ("description", demo.text),
            ("caller_id", &caller),
            ("opened_by", &caller),
            ("opened_at", &opened),
            ("category", demo.about.0),
            ("subcategory", demo.about.1),
            ("contact_type", "self-service"),
            ("state", demo.state),
            ("incident_state", demo.state),
            ("hold_reason", &when(demo.state == "3", "1")),
            ("active", if ended { "false" } else { "true" }),
            ("impact", &impact),
            ("urgency", &urgency),
            ("priority", &priority),
            ("assignment_group", &group(demo.group)),
            ("assigned_to", &agent),
            ("close_code", &when(done, "Solution provided")),
            ("close_notes", &when(done, "Solved together with the caller.")),
            ("resolved_at", &when(done, &changed)),
            ("resolved_by", &when(done, &agent)),
            ("closed_at", &when(ended, &changed)),
            ("closed_by", &when(ended, &agent)),
            ("sys_created_on", &opened),
            ("sys_created_by", demo.caller),
            ("sys_updated_on", &changed),
            ("sys_mod_count", "2"),
        ];
        add(instance, write, "incident", &id, &values);
        for (index, text) in demo.journal.iter().enumerate() {
            let element = if index % 2 == 0 { "comments" } else { "work_notes" };
            let author = if demo.agent.is_empty() { "itil" } else { demo.agent };
            let written = if index == 0 { at(1) } else { at(2) };
            let values = [
                ("name", "incident"),
                ("element", element),
                ("element_id", &id),
                ("value", *text),
                ("sys_created_on", &written),
                ("sys_updated_on", &written),
                ("sys_created_by", author),
                ("sys_updated_by", author),
            ];
            add(instance, write, "sys_journal_field", &fixed_id(&format!("{number} {index}")), &values);
        }
    }
}
