//! From one declaration of the switches: the struct, the values that they begin with, and the description
//! that the page and programs read.

use serde::Serialize;
use serde_json::Value;

/// What can be said of one switch without its value.
#[derive(Debug, Serialize)]
pub(crate) struct Description {
    pub area: &'static str,
    pub name: &'static str,
    pub meaning: String,
    /// The section of the contract, such as `12.10`.
    pub section: String,
    /// The values there are, where they can be listed.
    pub offered: Vec<Value>,
}

impl Description {
    pub fn new(area: &'static str, name: &'static str, comment: &str, offered: Vec<Value>) -> Self {
        let comment = comment.trim();
        let (meaning, section) =
            comment.strip_suffix(')').and_then(|comment| comment.rsplit_once("(contract ")).unwrap_or((comment, ""));
        Self { area, name, meaning: meaning.trim().to_owned(), section: section.to_owned(), offered }
    }
}

/// A type of switch, and the values that it offers if they are few.
pub(crate) trait Offered {
    fn offered() -> Vec<Value> {
        Vec::new()
    }
}

impl Offered for bool {
    fn offered() -> Vec<Value> {
        vec![false.into(), true.into()]
    }
}

impl Offered for u32 {}
impl Offered for u64 {}
impl Offered for i64 {}
impl Offered for f64 {}
impl Offered for String {}
impl<T> Offered for Option<T> {}
impl<T> Offered for Vec<T> {}

macro_rules! switches {
    ($($area:literal { $( $(#[doc = $meaning:literal])+ $name:ident: $kind:ty = $default:expr, )+ })+) => {
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct Switches {
            $($( $(#[doc = $meaning])+ pub $name: $kind, )+)+
        }

        impl Default for Switches {
            fn default() -> Self {
                Self { $($( $name: $default, )+)+ }
            }
        }

        impl Switches {
            pub fn described() -> Vec<Description> {
                vec![$($(
                    Description::new($area, stringify!($name), concat!($($meaning),+), <$kind as Offered>::offered()),
                )+)+]
            }
        }
    };
}

/// An enum whose values a switch offers. The first stands for what most instances do.
macro_rules! choices {
    ($(#[$about:meta])* pub(crate) enum $name:ident { $( $(#[$note:meta])* $choice:ident, )+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $( $(#[$note])* $choice, )+ }

        impl Offered for $name {
            fn offered() -> Vec<Value> {
                [$(Self::$choice),+].iter().filter_map(|choice| serde_json::to_value(choice).ok()).collect()
            }
        }
    };
}
