//! Who is there and what they can do.

mod entries;
pub mod limits;
mod rules;

pub use entries::*;
pub use rules::check_card;
