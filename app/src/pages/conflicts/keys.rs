//! Conflicts by keyboard: to the next and back, take a side, save. Keys that somebody types into a field are left alone.

use leptos::prelude::*;

/// The legend; where it is shown, the keys work.
#[component]
pub fn Keys() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| listen::follow());
    let key = |key: &'static str, does: &'static str| view! { <span><kbd>{key}</kbd>" "{does}</span> };
    view! {
        <p class="keys" aria-label="Keys">
            {key("j", "next")} {key("k", "back")} {key("1", "ServiceNow")} {key("2", "base")} {key("3", "platform")}
            {key("Enter", "save the record")}
        </p>
    }
}

#[cfg(feature = "hydrate")]
mod listen {
    use leptos::ev;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlInputElement, KeyboardEvent};

    const CONFLICT: &str = "[data-conflict]";

    pub fn follow() {
        let keys = window_event_listener(ev::keydown, |event| {
            if !is_typing(&event) && act(&event.key()).is_some() {
                event.prevent_default();
            }
        });
        on_cleanup(move || keys.remove());
    }

    /// Keys with a modifier are the browser's; those in a field, a link or a button are theirs.
    fn is_typing(event: &KeyboardEvent) -> bool {
        let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
        let takes_text = match element.tag_name().as_str() {
            "TEXTAREA" | "SELECT" => true,
            "INPUT" => element.get_attribute("type").as_deref() != Some("radio"),
            "A" | "BUTTON" | "SUMMARY" => event.key() == "Enter",
            _ => false,
        };
        takes_text || event.ctrl_key() || event.alt_key() || event.meta_key()
    }

    /// `None` for a key that means nothing here.
    fn act(key: &str) -> Option<()> {
        match key {
            "j" => go(1),
            "k" => go(-1),
            "1" => take("servicenow"),
            "2" => take("base"),
            "3" => take("platform"),
            "Enter" => save(),
            _ => None,
        }
    }

    fn all() -> Vec<HtmlElement> {
        let Ok(found) = document().query_selector_all(CONFLICT) else { return Vec::new() };
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
    }

    fn current() -> Option<Element> {
        document().active_element()?.closest(CONFLICT).ok().flatten()
    }

    fn go(step: i32) -> Option<()> {
        let all = all();
        let here = current().and_then(|here| all.iter().position(|one| one.is_same_node(Some(&here))));
        let to = match here {
            Some(here) => i32::try_from(here).ok()?.checked_add(step)?,
            None => 0,
        };
        all.get(usize::try_from(to).ok()?)?.focus().ok()
    }

    fn take(side: &str) -> Option<()> {
        let radio = current()?.query_selector(&format!("input[type=radio][value={side}]")).ok()??;
        radio.dyn_into::<HtmlInputElement>().ok()?.click();
        Some(())
    }

    /// Saves the record, and goes on to the next one.
    fn save() -> Option<()> {
        let here = current()?;
        let form = here.closest("form").ok()??.dyn_into::<HtmlFormElement>().ok()?;
        let next =
            all().into_iter().skip_while(|one| !one.is_same_node(Some(&here))).find(|one| !form.contains(Some(one)));
        form.request_submit().ok()?;
        if let Some(next) = next {
            next.focus().ok()?;
        }
        Some(())
    }
}
