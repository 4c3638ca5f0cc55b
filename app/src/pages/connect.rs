//! `/settings/connections/new`: the first step of Connect: which instance, and how to be let in.

use crate::api::{self, Connect};
use crate::model::ConnectDefaults;
use crate::ui::field::{SelectField, TextField};
use crate::ui::loaded::loaded;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn ConnectPage() -> impl IntoView {
    let defaults = Resource::new(|| (), |()| api::connect_defaults());
    view! {
        <Title text="Connect"/>
        <p class="crumbs"><a class="link" href="/settings/connections">"Connections"</a></p>
        <h1>"Connect a ServiceNow instance"</h1>
        {loaded(defaults, |defaults| view! { <Form defaults/> })}
    }
}

#[component]
fn Form(defaults: ConnectDefaults) -> impl IntoView {
    let connect = ServerAction::<Connect>::new();
    let trouble = Signal::derive(move || connect.value().get().and_then(Result::err));
    let environments = vec![
        ("sandbox".to_owned(), "Sandbox or sub-production".to_owned()),
        ("production".to_owned(), "Production".to_owned()),
    ];
    view! {
        <div class="two">
            <ActionForm action=connect>
                <div class="form">
                    <FormTrouble trouble/>
                    <TextField label="Name" name="name" value=defaults.name hint="How this connection is called here." trouble/>
                    <TextField label="Instance address" name="address" kind="url" value=defaults.address
                        hint="For example https://example.service-now.com" trouble/>
                    <TextField label="Client ID" name="client_id" value=defaults.client_id autocomplete="off" trouble/>
                    <TextField label="Client secret" name="client_secret" kind="password" value=defaults.client_secret
                        autocomplete="off" hint="Kept sealed; it is never shown again." trouble/>
                    <SelectField label="Environment" name="environment" value="sandbox".to_owned() options=environments
                        hint="Shown wherever this connection appears, so that nobody mistakes one for the other." trouble/>
                    <button class="btn btn-primary justify-self-start" type="submit" disabled=connect.pending()>
                        "Save and continue"
                    </button>
                    <p class="hint">"Nothing is read or written yet. Next you authorize in ServiceNow."</p>
                </div>
            </ActionForm>
            <aside class="guide">
                <h2>"First, in ServiceNow"</h2>
                <p>"Isthmus needs an OAuth client of its own. As an administrator there:"</p>
                <ol class="list-decimal pl-5 space-y-2">
                    <li>
                        <span class="path">"All > Machine Identity Console > Inbound integrations > New integration > OAuth - Authorization code grant"</span>
                    </li>
                    <li>"Give it a name, such as Isthmus, and this redirect URL:"<code class="copy">{defaults.redirect_url}</code></li>
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
                    "No Isthmus account needs the admin role there. The user who authorizes in the next step needs to read and
                    write incidents; a test afterwards names any right that is missing."
                </p>
            </aside>
        </div>
    }
}
