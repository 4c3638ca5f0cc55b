//! What is known of columns without a dictionary: every instance has these.

use merge::Kind;

/// Columns of every task, and of the tables that have presets.
pub(super) fn kind(name: &str) -> Kind {
    match name {
        "state" | "hold_reason" | "close_code" | "impact" | "urgency" | "priority" | "severity" | "category"
        | "subcategory" | "contact_type" | "resolution_code" | "workflow_state" => Kind::Choice,
        "assigned_to" | "caller_id" | "opened_by" | "closed_by" | "resolved_by" | "reopened_by" | "contact"
        | "author" => Kind::User,
        "opened_at" | "closed_at" | "due_date" | "resolved_at" | "reopened_time" | "sla_due" | "follow_up"
        | "activity_due" | "work_start" | "work_end" | "expected_start" => Kind::Moment,
        "active" | "made_sla" | "knowledge" => Kind::Boolean,
        "reassignment_count" | "reopen_count" | "child_incidents" | "order" => Kind::Number,
        "text" => Kind::Html,
        name if !target(name).is_empty() => Kind::Reference,
        _ => Kind::Text,
    }
}

/// The table that a reference column of a usual name is into; empty for every other column.
pub(super) fn target(name: &str) -> &'static str {
    match name {
        "assignment_group" => "sys_user_group",
        "cmdb_ci" => "cmdb_ci",
        "business_service" => "cmdb_ci_service",
        "service_offering" => "service_offering",
        "company" => "core_company",
        "account" => "customer_account",
        "location" => "cmn_location",
        "problem_id" => "problem",
        "rfc" | "caused_by" => "change_request",
        "parent" => "task",
        "parent_incident" => "incident",
        "kb_knowledge_base" => "kb_knowledge_base",
        "kb_category" => "kb_category",
        _ => "",
    }
}

/// The column by which people call the records of a table.
pub(super) fn display_of(table: &str) -> &'static str {
    match table {
        "kb_knowledge_base" => "title",
        "kb_category" => "label",
        "task" | "incident" | "problem" | "change_request" | "sn_customerservice_case" | "kb_knowledge" => "number",
        table if table.ends_with("_task") => "number",
        _ => "name",
    }
}
