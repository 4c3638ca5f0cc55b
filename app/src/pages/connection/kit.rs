//! What is installed in ServiceNow when this connection's account may not do it: as a file, or record by record.

use super::Shown;
use crate::model::KitPiece;
use leptos::prelude::*;

#[component]
pub fn ByHand(shown: Shown) -> impl IntoView {
    let kit = Memo::new(move |_| shown.read().kit.clone());
    let address = Memo::new(move |_| shown.read().webhook_address.clone());
    let file = move |name: &str| format!("/settings/connections/{}/{name}", shown.read().row.id);
    move || {
        (!kit.read().is_empty()).then(|| {
            view! {
                <p class="mt-3">
                    "Or have an administrator of ServiceNow import "
                    <a class="link" download rel="external" href=file("isthmus-install.xml")>"the update set"</a>
                    " ("<span class="path">"All > System Update Sets > Retrieved Update Sets > Import Update Set from XML"</span>
                    ", with the elevated role security_admin; then Preview and Commit). "
                    <a class="link" download rel="external" href=file("isthmus-uninstall.xml")>"Another one"</a>
                    " removes everything again. Both hold a secret: treat them as passwords."
                </p>
                <details class="mt-3">
                    <summary>"Install it by hand"</summary>
                    <p class="mt-2">
                        "It posts to "<code class="copy">{address}</code>". One click selects all of a script."
                    </p>
                    <ol class="space-y-4 mt-2">{kit.get().into_iter().map(piece).collect_view()}</ol>
                </details>
            }
        })
    }
}

fn piece(piece: KitPiece) -> impl IntoView {
    let optional = piece.is_optional.then_some(" (may be left out)");
    let form =
        piece.form.into_iter().map(|(label, value)| view! { <div><dt>{label}</dt><dd><code>{value}</code></dd></div> });
    let script = (!piece.script.is_empty())
        .then(|| view! { <pre class="script" tabindex="0"><code>{piece.script}</code></pre> });
    view! {
        <li>
            <h3>{piece.kind}": "{piece.name}{optional}</h3>
            <p>{piece.does}</p>
            <p class="path">{piece.path}</p>
            <dl class="facts">{form.collect_view()}</dl>
            {script}
            <p class="hint">"To check it: "{piece.check}</p>
        </li>
    }
}
