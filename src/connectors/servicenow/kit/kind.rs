//! The kinds of records that a kit is made of, as ServiceNow names and exports them (contract 11.4).

/// A table of ServiceNow's own, with what its forms and its exports look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Property,
    ScriptInclude,
    EventRegistration,
    ScriptAction,
    BusinessRule,
    UiAction,
    Role,
    AccessControl,
    /// A role that passes an access control: the list "Requires role" of its form.
    AccessRole,
}

impl Kind {
    pub fn table(self) -> &'static str {
        match self {
            Self::Property => "sys_properties",
            Self::ScriptInclude => "sys_script_include",
            Self::EventRegistration => "sysevent_register",
            Self::ScriptAction => "sysevent_script_action",
            Self::BusinessRule => "sys_script",
            Self::UiAction => "sys_ui_action",
            Self::Role => "sys_user_role",
            Self::AccessControl => "sys_security_acl",
            Self::AccessRole => "sys_security_acl_role",
        }
    }

    /// What ServiceNow and its update sets call it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Property => "System Property",
            Self::ScriptInclude => "Script Include",
            Self::EventRegistration => "Event Registration",
            Self::ScriptAction => "Script Action",
            Self::BusinessRule => "Business Rule",
            Self::UiAction => "UI Action",
            Self::Role => "Role",
            Self::AccessControl => "Access Control",
            Self::AccessRole => "Access Roles",
        }
    }

    /// The clicks to an empty form.
    pub fn path(self) -> &'static str {
        match self {
            Self::Property => "Type sys_properties.list into the navigator's filter, press Enter, then New",
            Self::ScriptInclude => "All > System Definition > Script Includes > New",
            Self::EventRegistration => "All > System Policy > Events > Registry > New",
            Self::ScriptAction => "All > System Policy > Events > Script Actions > New",
            Self::BusinessRule => "All > System Definition > Business Rules > New",
            Self::UiAction => "All > System Definition > UI Actions > New",
            Self::Role => "All > User Administration > Roles > New",
            Self::AccessControl => {
                "Your picture > Elevate role > security_admin, then All > System Security > Access Control (ACL) > New"
            }
            Self::AccessRole => "On the access control's form, below \"Requires role\": Insert a new row",
        }
    }

    /// A column whose value is ours alone, by which a record that a person made by hand is found. Access controls have
    /// none: their name is that of the table which they guard.
    pub fn known_by(self) -> Option<&'static str> {
        match self {
            Self::EventRegistration => Some("event_name"),
            Self::UiAction => Some("action_name"),
            Self::AccessControl | Self::AccessRole => None,
            _ => Some("name"),
        }
    }

    /// Columns and their labels, in the order of the form.
    pub(super) fn form(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Property => &[("name", "Name"), ("description", "Description"), ("type", "Type"), ("value", "Value")],
            Self::ScriptInclude => &[("name", "Name"), ("client_callable", "Client callable"), ("active", "Active")],
            Self::EventRegistration => &[("event_name", "Event name"), ("description", "Description")],
            Self::ScriptAction => &[("name", "Name"), ("event_name", "Event name"), ("active", "Active")],
            Self::BusinessRule => &[
                ("name", "Name"),
                ("collection", "Table"),
                ("active", "Active"),
                ("advanced", "Advanced"),
                ("when", "When"),
                ("order", "Order"),
                ("action_insert", "Insert"),
                ("action_update", "Update"),
                ("action_delete", "Delete"),
                ("filter_condition", "Filter conditions"),
            ],
            Self::UiAction => &[
                ("name", "Name"),
                ("table", "Table"),
                ("order", "Order"),
                ("action_name", "Action name"),
                ("active", "Active"),
                ("show_insert", "Show insert"),
                ("show_update", "Show update"),
                ("client", "Client"),
                ("form_button", "Form button"),
                ("hint", "Hint"),
                ("condition", "Condition"),
            ],
            Self::Role => &[("name", "Name"), ("description", "Description")],
            Self::AccessControl => &[
                ("type", "Type"),
                ("operation", "Operation"),
                ("name", "Name"),
                ("admin_overrides", "Admin overrides"),
                ("active", "Active"),
                ("description", "Description"),
            ],
            Self::AccessRole => &[],
        }
    }

    /// Whether its records belong to a domain: exports of those say so.
    pub(super) fn has_domain(self) -> bool {
        matches!(self, Self::BusinessRule | Self::UiAction)
    }

    /// The other columns of an export, with what they hold unless a piece says otherwise.
    pub(super) fn usual(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Property => &[("choices", ""), ("ignore_cache", "false"), ("is_private", "false"), ("suffix", "")],
            Self::ScriptInclude => &[("access", "public"), ("caller_access", ""), ("description", "")],
            Self::EventRegistration => &[("fired_by", ""), ("queue", ""), ("suffix", ""), ("table", "")],
            Self::ScriptAction => &[("condition_script", ""), ("order", "100"), ("synchronous", "false")],
            Self::BusinessRule => &[
                ("abort_action", "false"),
                ("access", "package_private"),
                ("action_query", "false"),
                ("add_message", "false"),
                ("change_fields", "false"),
                ("client_callable", "false"),
                ("condition", ""),
                ("execute_function", "false"),
                ("filter_condition", ""),
                ("is_rest", "false"),
                ("message", ""),
                ("priority", "100"),
                ("rest_method", ""),
                ("rest_method_text", ""),
                ("rest_service", ""),
                ("rest_service_text", ""),
                ("rest_variables", ""),
                ("role_conditions", ""),
                ("sys_overrides", ""),
                ("template", ""),
            ],
            Self::UiAction => &[
                ("client_script_v2", ""),
                ("comments", ""),
                ("form_action", "true"),
                ("form_button_v2", "false"),
                ("form_context_menu", "false"),
                ("form_link", "false"),
                ("form_menu_button_v2", "false"),
                ("form_style", ""),
                ("isolate_script", "false"),
                ("list_action", "false"),
                ("list_banner_button", "false"),
                ("list_button", "false"),
                ("list_choice", "false"),
                ("list_context_menu", "false"),
                ("list_link", "false"),
                ("list_save_with_form_button", "false"),
                ("list_style", ""),
                ("onclick", ""),
                ("show_multiple_update", "false"),
                ("show_query", "false"),
                ("sys_overrides", ""),
                ("ui11_compatible", "true"),
                ("ui16_compatible", "true"),
            ],
            Self::Role => &[
                ("can_delegate", "true"),
                ("elevated_privilege", "false"),
                ("grantable", "true"),
                ("includes_roles", ""),
                ("scoped_admin", "false"),
            ],
            Self::AccessControl => &[("advanced", "false"), ("condition", ""), ("script", "")],
            Self::AccessRole => &[],
        }
    }
}
