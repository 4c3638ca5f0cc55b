//! The HTML around the console, and the Content-Security-Policy that goes with its nonce.

use crate::app::App;
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{HashedStylesheet, MetaTags};

/// One answer's document. The policy is set here because the nonce is known here alone.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    set_policy();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <HashedStylesheet options=options.clone() id="style"/>
                <AutoReload options=options.clone()/>
                <script src="/idiomorph.min.js" defer></script>
                <script src="/page.js" type="module"></script>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>
                <App/>
                // What public/page.js says where a form got no answer: what was typed stays.
                <div id="signed-out" role="alert" class="notice trouble" hidden>
                    <p class="font-semibold">"You are not signed in any more."</p>
                    <p>
                        "What you typed is still here. "<a class="link" href="/sign-in" target="_blank">"Sign in in another tab"</a>
                        ", come back, and send it again."
                    </p>
                </div>
                <div id="unreachable" role="alert" class="notice trouble" hidden>
                    <p class="font-semibold">"The server did not answer."</p>
                    <p>"What you typed is still here. Check that the server is running and reachable, then send it again."</p>
                </div>
            </body>
        </html>
    }
}

/// Scripts only from this server or with this answer's nonce; no inline styles, no frames, nothing from elsewhere.
#[expect(clippy::disallowed_methods, reason = "cargo-leptos sets LEPTOS_WATCH for itself: it is no setting of ours")]
fn set_policy() {
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else {
        return;
    };
    // `cargo leptos watch` reloads pages through a socket on another port.
    let reload = if std::env::var_os("LEPTOS_WATCH").is_some() { " ws:" } else { "" };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}
