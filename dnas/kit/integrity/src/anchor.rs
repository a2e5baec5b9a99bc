//! Link bases that everybody can compute and nobody has to write.

use hdi::prelude::*;

/// The link base that stands for a name. No entry is ever stored under it.
pub fn anchor_hash(name: &str) -> ExternResult<AnyLinkableHash> {
    let path = Path::from(vec![Component::new(name.as_bytes().to_vec())]);
    Ok(path.path_entry_hash()?.into())
}
