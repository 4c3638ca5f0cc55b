//! Step 1: which instance, how it is called here, and the OAuth client that lets Isthmus ask.

use crate::api::Connect;
use crate::model::{ConnectDefaults, InstanceStep};
use crate::ui::field::TextField;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Of a connection that is not there yet.
#[component]
pub fn First(defaults: ConnectDefaults) -> impl IntoView {
    let step = InstanceStep {
        name: defaults.name,
        address: defaults.address,
        client_id: defaults.client_id,
        redirect_url: defaults.redirect_url,
        ..InstanceStep::default()
    };
    view! {
        <h2 class="text-base mb-2">"1. Instance"</h2>
        <Form id=String::new() step secret=defaults.client_secret/>
    }
}

#[component]
pub fn Instance(id: String, step: InstanceStep) -> impl IntoView {
    view! { <Form id step secret=String::new()/> }
}

#[component]
fn Form(id: String, step: InstanceStep, secret: String) -> impl IntoView {
    let connect = ServerAction::<Connect>::new();
    let trouble = Signal::stored(met(connect));
    // Without scripts, what was typed comes back with the address; the secret does not.
    let query = use_query_map();
    let typed = |name: &str| query.read_untracked().get(&format!("form[{name}]"));
    let is_again = typed("name").is_some();
    let (name, address) = (typed("name").unwrap_or(step.name), typed("address").unwrap_or(step.address));
    let client_id = typed("client_id").unwrap_or(step.client_id);
    let secret_hint = if is_again && !step.has_secret {
        "Type it once more: a secret is kept in no address."
    } else if step.has_secret {
        "One is kept, sealed. Leave this empty to go on with it."
    } else {
        "Kept sealed; it is never shown again."
    };
    let address_hint = if step.is_fixed {
        "The links of this connection belong to this instance."
    } else {
        "For example https://example.service-now.com"
    };
    view! {
        <div class="two">
            <ActionForm action=connect>
                <div class="form">
                    <FormTrouble trouble/>
                    <input type="hidden" name="id" value=id/>
                    <TextField label="Name" name="name" value=name hint="How this connection is called here." trouble/>
                    <TextField label="Instance address" name="address" kind="url" value=address hint=address_hint trouble/>
                    <TextField label="Client ID" name="client_id" value=client_id autocomplete="off" trouble/>
                    <TextField label="Client secret" name="client_secret" kind="password" value=secret
                        autocomplete="off" required=!step.has_secret hint=secret_hint trouble/>
                    <button class="btn btn-primary justify-self-start" type="submit">
                        "Save and continue"
                    </button>
                    <p class="hint">
                        "The address is asked once whether an instance answers there. Nothing else is read or written yet. What you
                        save is a draft: leave at any step and go on later from the list of connections."
                    </p>
                </div>
            </ActionForm>
            <aside class="guide">
                <h2>"First, in ServiceNow"</h2>
                <p>"Isthmus needs an OAuth client of its own. As an administrator there:"</p>
                <ol class="list-decimal pl-5 space-y-2">
                    <li>
                        <span class="path">"All > Machine Identity Console > Inbound integrations > New integration > OAuth - Authorization code grant"</span>
                    </li>
                    <li>"Give it a name, such as Isthmus, and this redirect URL:"<code class="copy">{step.redirect_url}</code></li>
                    <li>"Save, and copy the client ID and the client secret into this form."</li>
                </ol>
                <details>
                    <summary>"On an older release"</summary>
                    <p class="mt-2">
                        <span class="path">"All > System OAuth > Application Registry > New > Create an OAuth API endpoint for external clients"</span>
                        ", with the same redirect URL."
                    </p>
                </details>
                <p class="text-quiet">
                    "No Isthmus account needs the admin role there. Step 3 says which rights the user needs who authorizes; a probe
                    afterwards names each one that is missing."
                </p>
            </aside>
        </div>
    }
}
