//! Functions that other peers may call.

use hdk::prelude::*;

/// Lets every peer call the named functions of this zome. They may emit and answer, never write.
pub fn open_to_all(functions: &[&str]) -> ExternResult<()> {
    let zome = zome_info()?.name;
    let listed = functions.iter().map(|name| (zome.clone(), FunctionName::from(*name))).collect();
    create_cap_grant(CapGrantEntry::new_zome_call_grant(
        "open".into(),
        GrantConstraint::Unrestricted,
        GrantedFunctions::Listed(listed),
    ))?;
    Ok(())
}
