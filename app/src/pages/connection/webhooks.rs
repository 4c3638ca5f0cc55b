//! What makes a webhook count: the secret it is signed with, or the address alone where the administrator says so; and
//! the calls that did not count.

use super::Shown;
use crate::api::{EndFormerSecret, RotateWebhookSecret, TakeUnsigned, answered};
use crate::model::{FormerSecret, TurnedAwayRow};
use crate::ui::count::counted;
use crate::ui::time::{MaybeTime, Time};
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Webhooks(shown: Shown) -> impl IntoView {
    let away = shown.with_value(|page| page.webhooks.turned_away.clone());
    view! {
        <section class="part">
            <h2>"Which webhooks count"</h2>
            <Secrets shown/>
            <Unsigned shown/>
            {(!away.is_empty()).then(|| view! { <TurnedAway rows=away/> })}
        </section>
    }
}

#[component]
fn Secrets(shown: Shown) -> impl IntoView {
    let rotate = ServerAction::<RotateWebhookSecret>::new();
    let trouble = Signal::stored(met(rotate));
    let (id, hooks) = shown.with_value(|page| (page.row.id.clone(), page.webhooks.clone()));
    let of_former = id.clone();
    let rotated = answered::<RotateWebhookSecret>()
        .map(|()| "There is a new secret. Install again: what is in ServiceNow now has the one before.");
    view! {
        <dl class="facts">
            <div><dt>"Secret since"</dt><dd><Time when=hooks.secret_since/></dd></div>
            <div><dt>"Last call signed with it"</dt><dd><MaybeTime when=hooks.secret_used/></dd></div>
        </dl>
        {hooks.former.map(|former| view! { <Former id=of_former former/> })}
        <ActionForm action=rotate>
            <input type="hidden" name="id" value=id/>
            <button class="btn btn-sm" type="submit">"Rotate the secret"</button>
        </ActionForm>
        <p role="status" class="text-quiet" data-stays=rotated.is_some()>{rotated}</p>
        <FormTrouble trouble/>
        <p class="hint mt-2">
            "Makes a new secret for whatever is installed from this page from then on. The one before it stays valid until one
            hour after the first call that is signed with the new one, for 7 days at most. Polling finds every change meanwhile."
        </p>
    }
}

#[component]
fn Former(id: String, former: FormerSecret) -> impl IntoView {
    let end = ServerAction::<EndFormerSecret>::new();
    let trouble = Signal::stored(met(end));
    view! {
        <p class="note">
            "Two secrets are valid. The one before ends "<Time when=former.ends/>"; the last call signed with it came: "
            <MaybeTime when=former.used/>"."
        </p>
        <ActionForm action=end attr:class="mb-2">
            <input type="hidden" name="id" value=id/>
            <button class="btn btn-sm" type="submit">"End the old one now"</button>
        </ActionForm>
        <FormTrouble trouble/>
    }
}

#[component]
fn Unsigned(shown: Shown) -> impl IntoView {
    let save = ServerAction::<TakeUnsigned>::new();
    let trouble = Signal::stored(met(save));
    let (id, allowed) = shown.with_value(|page| (page.row.id.clone(), page.webhooks.takes_unsigned));
    let (address, send) = shown.with_value(|page| (page.webhook_address.clone(), page.webhooks.send_address.clone()));
    view! {
        <details class="mt-3" open=allowed>
            <summary>{if allowed { "Calls without a signature count" } else { "A script there cannot sign" }}</summary>
            <div class="space-y-2 mt-2">
                <p>
                    "Scripts from other products' guides post the record as it is, without a signature. They can stay: the table's
                    own rule, and rules on "<code>"sys_journal_field"</code>" and "<code>"sys_attachment"</code>". Whatever they
                    send, only the record's identity is taken from it; the record is read afterwards with the connection's own rights."
                </p>
                <p>
                    "The risk: the address alone then says who calls. Whoever learns it, from a log or a proxy on the way, can have
                    records read and, by the second address, records enter that wait for a person. Nobody can change or read
                    anything through it."
                </p>
                {(!send.is_empty()).then(|| view! {
                    <p>"A rule posts to "<code class="copy">{address}</code>"."</p>
                    <p>"A button that sends a record whatever the trigger says posts to "<code class="copy">{send}</code>"."</p>
                })}
                <ActionForm action=save>
                    <input type="hidden" name="id" value=id/>
                    <label class="flex items-center gap-2 mb-2">
                        <input class="checkbox checkbox-sm" type="checkbox" name="allow" value="yes" checked=allowed/>
                        "Accept calls without a signature"
                    </label>
                    <button class="btn btn-sm" type="submit">"Save"</button>
                </ActionForm>
                <FormTrouble trouble/>
            </div>
        </details>
    }
}

#[component]
fn TurnedAway(rows: Vec<TurnedAwayRow>) -> impl IntoView {
    view! {
        <h3 class="font-medium mt-4">"Calls that did not count"</h3>
        <div class="scroll">
            <table class="table flow">
                <caption class="sr-only">"Calls that did not count, by reason"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"Calls"</th>
                        <th scope="col">"First"</th>
                        <th scope="col">"Last"</th>
                        <th scope="col">"The newest"</th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| view! {
                            <tr>
                                <td class="wide">{row.why}<p class="hint">{row.todo}</p></td>
                                <td class="num">{counted(row.calls)}</td>
                                <td><Time when=row.first/></td>
                                <td><Time when=row.last/></td>
                                <td class="wide">{format!("{} bytes from {}", row.bytes, row.peer)}<p class="hint">{row.excerpt}</p></td>
                            </tr>
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}
