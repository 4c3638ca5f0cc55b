//! Conflicts by keyboard: to the next and back, take a side, save. Keys that somebody types into a field are left alone.
//! And what a press or a typed value means for the choices beside it.

use leptos::html;
use leptos::prelude::*;

/// The legend; where it is shown, the keys work.
#[island]
pub fn Choosing() -> impl IntoView {
    let legend = NodeRef::<html::P>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| listen::follow(legend));
    let key = |key: &'static str, does: &'static str| view! { <span><kbd>{key}</kbd>" "{does}</span> };
    view! {
        <p class="keys" aria-label="Keys" node_ref=legend>
            {key("j", "next")} {key("k", "back")} {key("1", "ServiceNow")} {key("2", "base")} {key("3", "platform")}
            {key("Enter", "save the record")}
        </p>
    }
}

#[cfg(feature = "hydrate")]
mod listen {
    use leptos::prelude::*;
    use leptos::{ev, html};
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, HtmlElement, HtmlFormElement, HtmlInputElement, KeyboardEvent, NodeList};

    const CONFLICT: &str = "[data-conflict]";

    pub fn follow(legend: NodeRef<html::P>) {
        // The page may have become one without conflicts.
        let is_shown = move || legend.get_untracked().is_some_and(|legend| legend.is_connected());
        let keys = window_event_listener(ev::keydown, move |event| {
            if is_shown() && !is_typing(&event) && act(&event.key()).is_some() {
                event.prevent_default();
            }
        });
        let presses = window_event_listener(ev::click, move |event| {
            if is_shown() && take_all(&event).is_some() {
                event.prevent_default();
            }
        });
        let typed = window_event_listener(ev::input, move |event| {
            if is_shown() {
                typed_counts(&event);
            }
        });
        on_cleanup(move || {
            keys.remove();
            presses.remove();
            typed.remove();
        });
    }

    /// Keys with a modifier are the browser's; those in a field, a link or a button are theirs.
    fn is_typing(event: &KeyboardEvent) -> bool {
        let Some(element) = target(event) else { return false };
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

    fn target(event: &Event) -> Option<Element> {
        event.target()?.dyn_into().ok()
    }

    fn elements<T: JsCast>(found: &NodeList) -> Vec<T> {
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
    }

    fn all() -> Vec<HtmlElement> {
        document().query_selector_all(CONFLICT).map(|found| elements(&found)).unwrap_or_default()
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

    /// A button that takes a side for the whole record.
    fn take_all(event: &Event) -> Option<()> {
        let button = target(event)?.closest("[data-take-all]").ok()??;
        let side = button.get_attribute("data-take-all")?;
        let radios =
            button.closest("form").ok()??.query_selector_all(&format!("input[type=radio][value={side}]")).ok()?;
        let radios: Vec<HtmlInputElement> = elements(&radios);
        for radio in &radios {
            radio.set_checked(true);
        }
        // As if the person had chosen the last of them: the record is looked at once.
        radios.last()?.dispatch_event(&bubbling("change")?).ok()?;
        Some(())
    }

    fn bubbling(name: &str) -> Option<Event> {
        let kind = web_sys::EventInit::new();
        kind.set_bubbles(true);
        Event::new_with_event_init_dict(name, &kind).ok()
    }

    /// Who types another value means it.
    fn typed_counts(event: &Event) -> Option<()> {
        let typed = target(event)?.closest(".another").ok()??;
        let radio = typed.query_selector("input[type=radio][value=value]").ok()??;
        radio.dyn_into::<HtmlInputElement>().ok()?.set_checked(true);
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
