//! The menu at the side: what a person with these roles looks for, by subject.

use super::layout::escape;
use crate::user::User;

struct Group {
    title: &'static str,
    role: Option<&'static str>,
    links: &'static [(&'static str, &'static str)],
}

const MENU: &[Group] = &[
    Group {
        title: "Self-Service",
        role: None,
        links: &[
            ("Report an incident", "/incident.do?sys_id=-1"),
            ("My incidents", "/incident_list.do?sysparm_query=caller_id=javascript:gs.getUserID()"),
            ("Knowledge", "/kb_knowledge_list.do?sysparm_query=workflow_state=published"),
            ("Tokens given to clients", "/oauth_credential_list.do"),
        ],
    },
    Group {
        title: "Incident",
        role: Some("itil"),
        links: &[
            ("Create new", "/incident.do?sys_id=-1"),
            ("Assigned to me", "/incident_list.do?sysparm_query=active=true^assigned_to=javascript:gs.getUserID()"),
            ("Open", "/incident_list.do?sysparm_query=active=true^stateNOT IN6,7,8"),
            ("Open - unassigned", "/incident_list.do?sysparm_query=active=true^stateNOT IN6,7,8^assigned_toISEMPTY"),
            ("Resolved", "/incident_list.do?sysparm_query=state=6"),
            ("All", "/incident_list.do"),
        ],
    },
    Group {
        title: "Problem",
        role: Some("itil"),
        links: &[("Open", "/problem_list.do?sysparm_query=active=true"), ("All", "/problem_list.do")],
    },
    Group {
        title: "Change",
        role: Some("itil"),
        links: &[("Open", "/change_request_list.do?sysparm_query=active=true"), ("All", "/change_request_list.do")],
    },
    Group {
        title: "Customer Service",
        role: Some("itil"),
        links: &[
            ("Open cases", "/sn_customerservice_case_list.do?sysparm_query=active=true"),
            ("All cases", "/sn_customerservice_case_list.do"),
            ("Accounts", "/customer_account_list.do"),
            ("Contacts", "/customer_contact_list.do"),
            ("Escalations", "/sn_customerservice_escalation_list.do"),
        ],
    },
    Group {
        title: "Knowledge",
        role: Some("itil"),
        links: &[("Articles", "/kb_knowledge_list.do"), ("Knowledge bases", "/kb_knowledge_base_list.do")],
    },
    Group {
        title: "Organization",
        role: Some("itil"),
        links: &[
            ("Users", "/sys_user_list.do"),
            ("Groups", "/sys_user_group_list.do"),
            ("Companies", "/core_company_list.do"),
            ("Configuration items", "/cmdb_ci_list.do"),
        ],
    },
    Group {
        title: "System OAuth",
        role: Some("admin"),
        links: &[
            ("Application registry", "/oauth_entity_list.do"),
            ("Manage tokens", "/oauth_credential_list.do"),
            ("Authentication scopes", "/sys_auth_scope_list.do"),
        ],
    },
    Group {
        title: "System Web Services",
        role: Some("admin"),
        links: &[
            ("Rate limit rules", "/sys_rate_limit_rules_list.do"),
            ("REST API keys", "/api_key_list.do"),
            ("REST API auth scopes", "/sys_api_access_scope_list.do"),
        ],
    },
    Group {
        title: "System Definition",
        role: Some("admin"),
        links: &[
            ("Tables", "/sys_db_object_list.do"),
            ("Dictionary", "/sys_dictionary_list.do"),
            ("Choice lists", "/sys_choice_list.do"),
            ("Business rules", "/sys_script_list.do"),
            ("System properties", "/sys_properties_list.do"),
            ("Audit", "/sys_audit_list.do"),
            ("Script includes", "/sys_script_include_list.do"),
            ("UI actions", "/sys_ui_action_list.do"),
            ("Script actions", "/sysevent_script_action_list.do"),
            ("Events", "/sysevent_list.do"),
            ("Scheduled scripts", "/sysauto_script_list.do"),
            ("REST messages", "/sys_rest_message_list.do"),
            ("Outbound log", "/sys_outbound_http_log_list.do"),
            ("Access rules", "/sys_security_acl_list.do"),
            ("System log", "/syslog_list.do"),
        ],
    },
    Group {
        title: "System Update Sets",
        role: Some("admin"),
        links: &[
            ("Retrieved update sets", "/sys_remote_update_set_list.do"),
            ("Local update sets", "/sys_update_set_list.do"),
        ],
    },
    Group { title: "Practice instance", role: Some("admin"), links: &[("Switches", "/sandbox")] },
];

pub(super) fn show(user: &User) -> String {
    let allowed = MENU.iter().filter(|group| group.role.is_none_or(|role| user.has(role)));
    let groups: Vec<String> = allowed
        .map(|group| {
            let links: Vec<String> = group
                .links
                .iter()
                .map(|(label, path)| format!(r#"<li><a href="{}">{}</a></li>"#, escape(path), escape(label)))
                .collect();
            format!("<details open><summary>{}</summary><ul>{}</ul></details>", group.title, links.concat())
        })
        .collect();
    format!(
        r##"<nav id="menu" aria-label="Menu"><a class="close" href="#main">Close the menu</a>{}</nav>"##,
        groups.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::Dictionary;

    #[test]
    fn every_link_leads_to_a_table_that_there_is() {
        let dictionary = Dictionary::load(&[]).expect("the dictionary");
        let links = MENU.iter().flat_map(|group| group.links);
        for (label, path) in links.filter(|(_, path)| path.contains(".do")) {
            let page = path.trim_start_matches('/').split(".do").next().expect("a page");
            let table = page.strip_suffix("_list").unwrap_or(page);
            assert!(dictionary.table(table).is_some(), "{label} leads to {path}");
        }
    }
}
