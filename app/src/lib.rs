//! The Isthmus console. The server renders it (`ssr`), the browser takes it over (`hydrate`).
//! It asks the server through [`api`] alone and knows nothing else of it.

pub mod api;
pub mod error;
pub mod model;

mod address;
mod app;
mod live;
mod pages;
#[cfg(feature = "ssr")]
mod shell;
mod ui;
#[cfg(feature = "hydrate")]
mod zone;

pub use app::App;
#[cfg(feature = "ssr")]
pub use shell::shell;

/// Where the browser's half starts.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    if zone::told() == zone::Told::ForTheNextPage {
        return;
    }
    leptos::mount::hydrate_lazy(App);
}

// Tells clones apart in their shared target folder; scripts/env.sh says why.
const _: Option<&str> = option_env!("ISTHMUS_ROOT");
