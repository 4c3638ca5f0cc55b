//! The files of a ticket. The form is a plain one: the browser itself sends the file and comes back to this page.

use crate::api::FILES_FORM;
use crate::error::Trouble;
use crate::model::FileRow;
use crate::ui::field::labelled;
use crate::ui::time::Time;
use crate::ui::trouble::FormTrouble;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::error::ServerFnUrlError;

#[component]
pub fn Files(ticket: String, files: Vec<FileRow>, limit: String) -> impl IntoView {
    let action = format!("/tickets/{ticket}/files");
    let place = action.clone();
    let told = use_context::<ServerActionError>().filter(|told| told.path() == FILES_FORM);
    let trouble = told.map(|told| ServerFnUrlError::<Trouble>::decode_err(told.err()));
    let trouble = Signal::stored(trouble);
    view! {
        <section class="mt-6">
            <h2>"Files"</h2>
            {files.is_empty().then(|| view! { <p class="text-quiet">"There are no files yet."</p> })}
            <ul class="files">{files.into_iter().map(|file| view! { <File file place=place.clone()/> }).collect_view()}</ul>
            <form method="post" action=action enctype="multipart/form-data" class="form">
                <FormTrouble trouble/>
                {labelled("Add files", "file".into(), "", trouble, |tied| {
                    view! {
                        <input class="file-input" type="file" id=tied.id name="file" multiple required
                            aria-describedby=tied.described_by aria-invalid=tied.invalid/>
                    }
                })}
                <div class="flex flex-wrap items-center gap-4">
                    <button class="btn btn-sm" type="submit">"Add files"</button>
                    <span class="text-quiet text-xs">"Up to "{limit}" each."</span>
                </div>
            </form>
        </section>
    }
}

#[component]
fn File(file: FileRow, place: String) -> impl IntoView {
    view! {
        <li>
            // Not a page of the console: the browser fetches it.
            <a class="link [overflow-wrap:anywhere]" href=format!("{place}/{}", file.id) download>{file.name}</a>
            <span class="comment-head text-quiet">
                <span class="num">{file.size}</span>
                <span>{file.author}" in "{file.from}</span>
                <span class="ml-auto"><Time when=file.at/></span>
            </span>
        </li>
    }
}
