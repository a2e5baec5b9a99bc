/** Adapts the client's signing grants to the conductor's version. */
import type { AdminWebsocket, GrantZomeCallCapabilityRequest } from '@holochain/client'

/**
 * Makes client 0.21.0 send signing grants in the form that conductor 0.7.1 reads: `{tag, constraint, grant}` instead of
 * 0.7.0's `{tag, access, functions}`. Without it no zome call can be signed. `connectSession` grants and then calls at each
 * start, so a release that makes this file needless or wrong is noticed at once.
 */
export function patchGrants(admin: AdminWebsocket): void {
  const send = admin.grantZomeCallCapability.bind(admin)
  admin.grantZomeCallCapability = (request, timeout) => {
    const { tag, access, functions } = request.cap_grant
    const grant = { tag, constraint: access, grant: { functions } }
    // The client's types know only the old form.
    return send(
      { cell_id: request.cell_id, cap_grant: grant } as unknown as GrantZomeCallCapabilityRequest,
      timeout,
    )
  }
}
