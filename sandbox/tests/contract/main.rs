//! The conformance suite: what `servicenow-contract.md` says, asked over HTTP of a running instance.
//! One file a section. The comment above a test is the statement that it shows, and begins with the
//! number of its section, so that `coverage` can print which statements are covered.

mod cors;
mod coverage;
mod demo;
mod demo_records;
mod https;
mod pages;
mod restart;
mod s01_2_authorization;
mod s01_3_tokens;
mod s01_6_other_grants;
mod s01_7_clients;
mod s01_9_calls;
mod s02_1_verbs;
mod s02_2_parameters;
mod s02_2_tiny;
mod s02_3_queries;
mod s02_4_invalid_queries;
mod s02_5_shapes;
mod s02_6_headers;
mod s02_7_errors;
mod s02_8_writes;
mod s03_incident;
mod s05_attachments;
mod s06_metadata;
mod s06_tables;
mod s07_1_case_api;
mod s07_2_cases;
mod s07_3_accounts;
mod s07_4_knowledge;
mod s08_deletions;
mod s09_1_import_sets;
mod s09_2_batch;
mod s09_3_aggregate;
mod s10_limits;
mod s11_1_business_rules;
mod s11_2_outbound_http;
mod s11_3_signing;
mod s11_4_update_sets;
mod s11_5_events;
mod s12_rights;
mod s13_switches;
mod s13_webhooks;
mod support;
