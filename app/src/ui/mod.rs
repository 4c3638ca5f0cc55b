//! The few parts that every page is made of.

pub mod count;
pub mod countdown;
pub mod field;
pub mod filter;
pub mod follow;
pub mod icon;
pub mod layout;
pub mod loaded;
pub mod news;
pub mod pager;
pub mod pulse;
pub mod reference;
pub mod state;
pub mod time;
pub mod trouble;
