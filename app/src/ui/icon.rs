//! The mark and the few icons, as inline SVG: no font, no request. All are decoration; words stand beside them.

use leptos::prelude::*;

/// Two shores and the land between them.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" class="shrink-0 text-primary">
            <path fill="currentColor" d="M3 3h6v6.2c0 1.2.8 1.8 1.8 1.8h2.4c1 0 1.8-.6 1.8-1.8V3h6v18h-6v-6.2c0-1.2-.8-1.8-1.8-1.8h-2.4c-1 0-1.8.6-1.8 1.8V21H3z"/>
        </svg>
    }
}

/// A line drawing on a 16 by 16 grid.
#[component]
pub fn Icon(path: &'static str) -> impl IntoView {
    view! {
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" class="shrink-0" fill="none"
            stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">
            <path d=path/>
        </svg>
    }
}

pub const OVERVIEW: &str = "M2 9l6-6 6 6M4 8v5h8V8";
pub const TICKETS: &str = "M2 4h12v3a1.2 1.2 0 0 0 0 2.4V12H2V9.4A1.2 1.2 0 0 0 2 7zM6 4v8";
pub const CONFLICTS: &str = "M2 5h7L6.5 2.5M14 11H7l2.5 2.5M9 5L6.5 7.5M7 11l2.5-2.5";
pub const HISTORY: &str = "M2.5 8a5.5 5.5 0 1 0 1.6-3.9L2.5 5.5M2.5 2.5v3h3M8 5v3l2 1.5";
pub const CONNECTIONS: &str =
    "M6 10l4-4M7 4.5L8.5 3A3.2 3.2 0 0 1 13 7.5l-1.5 1.5M9 11.5L7.5 13A3.2 3.2 0 0 1 3 8.5L4.5 7";
pub const RECORDS: &str = "M2.5 2.5h5v7h-5zM8.5 6.5h5v7h-5zM4 5h2M10 9h2";
pub const FAILURES: &str = "M8 2.5l6 11H2zM8 6.5v3M8 11.5v.1";
pub const PEOPLE: &str = "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M1.5 13.5a4.5 4.5 0 0 1 9 0M11 3a2.2 2.2 0 0 1 0 4.3M12 9.5a4 4 0 0 1 2.5 4";
pub const TOKENS: &str = "M10.5 9a3.5 3.5 0 1 0-3.3-2.3L2 12v2h2.5v-1.5H6V11h1.5l1.3-1.7c.5.2 1.1.2 1.7-.3M11 5.4v.1";
pub const AUDIT: &str = "M4 1.5h6L12.5 4v10.5H4zM6.5 6.5h3.5M6.5 9h3.5M6.5 11.5h2";
pub const RETENTION: &str = "M2 3h12v3H2zM3 6v7.5h10V6M6.5 9h3";
pub const MENU: &str = "M2.5 4h11M2.5 8h11M2.5 12h11";
