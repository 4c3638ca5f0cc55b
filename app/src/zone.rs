//! The browser tells the server its time zone, in a cookie: the server renders times, before it could ask.

use js_sys::{Array, Intl, Object, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::HtmlDocument;

const COOKIE: &str = "isthmus_zone";
const A_YEAR: u32 = 365 * 24 * 60 * 60;
/// Pages of somebody who is not in yet: they show no time, and hold what is being typed.
const DOORS: [&str; 3] = ["/sign-in", "/first-run", "/set-password"];

/// Sets the cookie where it is missing or another zone's. The first page of all, rendered in UTC, comes once more.
pub fn tell() {
    let Some((zone, document)) = browser_zone().zip(document().dyn_into::<HtmlDocument>().ok()) else {
        return;
    };
    let cookies = document.cookie().unwrap_or_default();
    let kept = cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    if kept == Some(&zone) {
        return;
    }
    let is_first = kept.is_none();
    let _ = document.set_cookie(&format!("{COOKIE}={zone}; Path=/; Max-Age={A_YEAR}; SameSite=Lax"));
    let location = window().location();
    let is_door = location.pathname().is_ok_and(|path| DOORS.contains(&path.as_str()));
    let is_kept = document.cookie().is_ok_and(|cookies| cookies.contains(COOKIE));
    if is_first && is_kept && !is_door && zone != "UTC" {
        let _ = location.reload();
    }
}

fn browser_zone() -> Option<String> {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}
