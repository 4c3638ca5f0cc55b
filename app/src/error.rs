//! What a person is told when something could not be done.

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::codec::JsonEncoding;
use serde::{Deserialize, Serialize};

/// An answer that is not the one asked for: what happened, why, and what to do.
///
/// Without JavaScript it travels in the address bar, so it holds short, public sentences only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Stable, such as `AUTH-PASSWORD`.
    pub code: String,
    pub what: String,
    pub why: String,
    pub what_to_do: String,
    /// The name of the form's field it is about; empty when it is about none.
    pub field: String,
}

impl Trouble {
    pub fn new(code: &str, what: &str, why: &str, what_to_do: &str) -> Self {
        Self {
            code: code.into(),
            what: what.into(),
            why: why.into(),
            what_to_do: what_to_do.into(),
            field: String::new(),
        }
    }

    #[must_use]
    pub fn about(mut self, field: &str) -> Self {
        self.field = field.into();
        self
    }

    /// The HTTP status of the answer, told by the code's end; anything else is an answer to what was sent.
    pub fn status(&self) -> u16 {
        let code = self.code.as_str();
        match code {
            _ if self.is_signed_out() => 401,
            _ if code.ends_with("-FORBIDDEN") => 403,
            _ if code.ends_with("-NOT-FOUND") => 404,
            _ if code.ends_with("-GONE") => 410,
            // What was asked for fits what was, not what is.
            _ if ["-STALE", "-OVER", "-OPEN", "-STATE", "-TAKEN", "-LAST-ADMIN"]
                .iter()
                .any(|end| code.ends_with(end)) =>
            {
                409
            }
            _ if code.ends_with("-TOO-MANY") => 429,
            _ if code.starts_with("CONSOLE-") || code.ends_with("-INTERNAL") => 500,
            _ => 422,
        }
    }

    /// Nobody is signed in: pages answer it with the sign-in form.
    pub fn signed_out() -> Self {
        Self::new(
            "AUTH-SIGNED-OUT",
            "You are not signed in.",
            "There is no session, or it has ended.",
            "Sign in and try again.",
        )
    }

    pub fn is_signed_out(&self) -> bool {
        self.code == "AUTH-SIGNED-OUT"
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.what, self.why, self.what_to_do)
    }
}

impl FromServerFnError for Trouble {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::new(
            "CONSOLE-REQUEST",
            "The console could not ask the server.",
            &error.to_string(),
            "Check that the server is running and reachable, then try again.",
        )
    }
}
