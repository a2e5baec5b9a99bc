//! Functions that other peers may call.

use hdk::prelude::*;

/// Lets every peer call the named functions of one zome. They may emit and answer, never write.
///
/// The zomes of a DNA share an `init`, which runs once under each of their names: under the others this does nothing.
pub fn open_to_all(zome: &str, functions: &[&str]) -> ExternResult<()> {
    let own = zome_info()?.name;
    if own.0 != zome {
        return Ok(());
    }
    let listed = functions.iter().map(|name| (own.clone(), FunctionName::from(*name))).collect();
    create_cap_grant(CapGrantEntry::new_zome_call_grant(
        "open".into(),
        GrantConstraint::Unrestricted,
        GrantedFunctions::Listed(listed),
    ))?;
    Ok(())
}
