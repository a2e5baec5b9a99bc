//! The membrane of a private network: who may be a member, and who no longer is.

mod documents;
mod rules;

pub use documents::*;
pub use rules::{check_membership, check_revocation};
