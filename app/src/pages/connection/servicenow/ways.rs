//! The ways to install it, side by side: by file, by hand, or not at all.

use crate::model::KitPiece;
use leptos::prelude::*;

#[component]
pub fn Ways(home: String, kit: Vec<KitPiece>, address: String) -> impl IntoView {
    let may_install = !kit.is_empty();
    let file = move |name: &str| format!("{home}/{name}");
    view! {
        <section class="part">
            <h2>"Ways to install it"</h2>
            <div class="cards mt-3">
                <div class="card-row">
                    <h3 class="font-semibold">"By file"</h3>
                    <ol class="list-decimal pl-5 space-y-1 mt-1">
                        <li>
                            {if may_install {
                                view! { <a class="link" download rel="external" href=file("isthmus-install.xml")>"Download the update set"</a> }.into_any()
                            } else {
                                "Get the update set from an administrator of Isthmus".into_any()
                            }}
                            ". It holds a secret: treat it as a password."
                        </li>
                        <li>"In ServiceNow: your picture, "<span class="path">"Elevate role"</span>", security_admin."</li>
                        <li><span class="path">"All > System Update Sets > Retrieved Update Sets > Import Update Set from XML"</span>": choose the file, Upload."</li>
                        <li>"Open the set, "<span class="path">"Preview Update Set"</span>". Expect no problems."</li>
                        <li><span class="path">"Commit Update Set"</span>". Expect the state Committed."</li>
                    </ol>
                    <p class="mt-2">
                        "Importing again brings it up to date."
                        {may_install
                            .then(|| view! {
                                " "
                                <a class="link" download rel="external" href=file("isthmus-uninstall.xml")>"The uninstall file"</a>
                                ", imported the same way, removes everything."
                            })}
                    </p>
                </div>
                <div class="card-row">
                    <h3 class="font-semibold">"By hand"</h3>
                    <p class="mt-1">
                        "Where imports are not allowed: the same records, one after the other, each with the clicks, the form
                        and how to see that it works."
                    </p>
                    <p class="mt-2">
                        "Records marked "<em>"may be left out"</em>" are for comfort, or for an account without wide rights."
                    </p>
                    {may_install.then(|| view! { <p class="mt-2"><a class="link" rel="external" href="#by-hand">"To the records"</a></p> })}
                </div>
                <div class="card-row">
                    <h3 class="font-semibold">"Nothing installed"</h3>
                    <p class="mt-1">
                        "Polling alone finds every change, so nothing goes missing and nothing need be installed. What is lost is
                        time and some detail: a change waits for the next poll; several edits of a record between two polls
                        arrive as their outcome, and the order between different records is that of their last edits; a deletion
                        is noticed later, and told from a record that became hidden only where the account may read
                        sys_audit_delete; and there is no button on the form that sends one record at once."
                    </p>
                </div>
            </div>
            {may_install.then(|| view! { <ByHand kit address/> })}
        </section>
    }
}

#[component]
fn ByHand(kit: Vec<KitPiece>, address: String) -> impl IntoView {
    view! {
        <h3 class="font-semibold mt-6" id="by-hand">"The records, one by one"</h3>
        <p class="mt-1">"They post to "<code class="copy">{address}</code>". One click selects all of a script."</p>
        <ol class="mt-2">{kit.into_iter().enumerate().map(|(at, piece)| view! { <Piece number=at + 1 piece/> }).collect_view()}</ol>
    }
}

#[component]
fn Piece(number: usize, piece: KitPiece) -> impl IntoView {
    let optional = piece.is_optional.then_some(" (may be left out)");
    let form = piece.form.into_iter().map(|(label, value)| {
        view! { <div class="min-w-0"><dt>{label}</dt><dd><code class="copy">{value}</code></dd></div> }
    });
    let script = (!piece.script.is_empty())
        .then(|| view! { <pre class="script" tabindex="0"><code>{piece.script}</code></pre> });
    view! {
        <li class="mt-2">
            <details>
                <summary>{number}". "{piece.kind}": "{piece.name}{optional}</summary>
                <p class="mt-1">{piece.does}</p>
                <p class="path">{piece.path}</p>
                <dl class="facts">{form.collect_view()}</dl>
                {script}
                <p class="hint">"To check it: "{piece.check}</p>
            </details>
        </li>
    }
}
