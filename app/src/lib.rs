//! The Isthmus console. The server renders every page (`ssr`); the browser wakes the few parts that need code of their own
//! (`hydrate`): the islands. All else that a page does there is `public/page.js`.
//! The pages ask the server through [`api`] alone and know nothing else of it.

#[cfg(feature = "ssr")]
pub mod api;
pub mod error;
#[cfg(feature = "ssr")]
pub mod model;

#[cfg(feature = "ssr")]
mod address;
#[cfg(feature = "ssr")]
mod app;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod islands;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
mod ui;
#[cfg(feature = "hydrate")]
mod zone;

#[cfg(feature = "ssr")]
pub use app::App;
#[cfg(feature = "ssr")]
pub use shell::shell;

/// Where the browser's half starts.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
    zone::tell();
}

// Tells clones apart in their shared target folder; scripts/env.sh says why.
const _: Option<&str> = option_env!("ISTHMUS_ROOT");
