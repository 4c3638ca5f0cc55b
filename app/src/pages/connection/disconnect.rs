//! `/settings/connections/{id}/disconnect`: the end of a connection; what will happen is said before, and how to undo it.

use crate::address::param;
use crate::api::{self, Disconnect};
use crate::model;
use crate::ui::count::counted;
use crate::ui::loaded::loaded;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn DisconnectPage() -> impl IntoView {
    let page = api::disconnect_page(param("id"));
    view! { {loaded(page, |page| view! { <Opened page/> })} }
}

#[component]
fn Opened(page: model::DisconnectPage) -> impl IntoView {
    let disconnect = ServerAction::<Disconnect>::new();
    let trouble = Signal::stored(met(disconnect));
    let model::DisconnectPage { id, connection, address, is_draft, is_disconnected, links, waiting, is_installed } =
        page;
    let home = format!("/settings/connections/{id}");
    let waits = if waiting == 0 { String::new() } else { format!(" {waiting} changes wait now; they would wait on.") };
    let may_keep = !is_draft && !is_disconnected;
    view! {
        <Title text=format!("Disconnect {connection}")/>
        <p class="crumbs"><a class="link" href=home.clone()>{connection.clone()}</a></p>
        <h1>{if may_keep { format!("Disconnect {connection}") } else { format!("Remove {connection}") }}</h1>
        <div class="max-w-3xl space-y-3">
            <p class="font-medium">"What will happen"</p>
            <ul class="list-disc pl-5 space-y-1">
                <li>"Nothing is deleted in ServiceNow, and no ticket is deleted in Desk. Both go on as they are, each by itself."</li>
                <li>
                    "The access to "<span class="break-all">{address}</span>" goes: its tokens are given up there and forgotten here, with the
                    client secret and the secret of its webhooks."{waits}
                </li>
                <li>"From now on nothing is read or written by this connection."</li>
                {is_installed
                    .then(|| view! {
                        <li>
                            "What is installed in ServiceNow goes on sending, and is turned away. Have it removed there: "
                            <a class="link" download href=format!("{home}/isthmus-uninstall.xml")>"the uninstall file"</a>
                            ". Fetch it first."
                        </li>
                    })}
            </ul>
            <FormTrouble trouble/>
            <ActionForm action=disconnect>
                <input type="hidden" name="id" value=id/>
                {if may_keep {
                    view! {
                        <fieldset class="choices">
                            <legend>"Its links and history"</legend>
                            <label class="choice">
                                <input type="radio" name="keep" value="all" checked=true/>
                                <span>
                                    <span class="font-medium">"Keep them"</span>
                                    <span class="hint block">
                                        {format!(
                                            "{} links stay to be read. To undo: \"Connect again\" on the connection, which goes on where it stopped.",
                                            counted(links),
                                        )}
                                    </span>
                                </span>
                            </label>
                            <label class="choice">
                                <input type="radio" name="keep" value="nothing"/>
                                <span>
                                    <span class="font-medium">"Remove them, and the connection with them"</span>
                                    <span class="hint block">
                                        "This cannot be undone: connected again, every record is new, and would get a second ticket. The audit
                                        stays."
                                    </span>
                                </span>
                            </label>
                        </fieldset>
                    }
                        .into_any()
                } else {
                    view! {
                        <input type="hidden" name="keep" value="nothing"/>
                        <p>
                            {if is_draft {
                                "The draft is removed. It has synced nothing.".to_owned()
                            } else {
                                format!(
                                    "The connection is removed with {} links and all of its history. This cannot be undone. The audit stays.",
                                    counted(links),
                                )
                            }}
                        </p>
                    }
                        .into_any()
                }}
                <p class="mt-4 flex gap-3">
                    <button class="btn btn-error" type="submit">
                        {if may_keep { "Disconnect" } else { "Remove" }}
                    </button>
                    <a class="btn" href=home.clone()>"Leave it as it is"</a>
                </p>
            </ActionForm>
        </div>
    }
}
