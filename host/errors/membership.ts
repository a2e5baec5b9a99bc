/** Lists the errors of private networks and their invites. */
import { type ErrorRow, row } from './row.ts'

/** Errors of networks, memberships and invites. */
export const membershipErrors = {
  RIPPLE_NOT_MEMBER: row(
    'this machine is not a member of the private network: {detail}',
    "ask a member for an invite: 'ripple invite' prints one, and 'ripple join LINE' takes it",
    403,
    4,
  ),
  RIPPLE_NOT_ISSUER: row(
    "this machine may not invite or revoke members of '{network}'",
    "run the command on the founder's machine, or on one that joined with 'ripple invite --delegate'",
    403,
    4,
  ),
  RIPPLE_INVITE_INVALID: row(
    'the invite cannot be used: {detail}',
    'copy the whole line, or ask for another one',
    400,
    2,
  ),
  RIPPLE_INVITE_EXPIRED: row('the invite expired at {at}', 'ask for another one', 410, 4),
  RIPPLE_INVITE_REFUSED: row('the inviter refuses the invite: {detail}', 'ask for another one', 403, 4),
  RIPPLE_INVITER_UNREACHABLE: row(
    'the machine that made the invite does not answer: {addresses}',
    "start it with 'ripple up', and join again: it has to let this machine in",
    503,
    5,
  ),
  RIPPLE_INVITE_MANY: row(
    'there are {max} invites that have not expired',
    'wait until one expires, or hand one of them to several machines',
    409,
    2,
  ),
  RIPPLE_NETWORK_UNKNOWN: row(
    "this data folder knows no network '{name}'",
    "see 'ripple network ls', or make one with 'ripple network create {name}'",
    404,
    2,
  ),
  RIPPLE_NETWORK_EXISTS: row(
    "this data folder has a private network '{name}' already",
    "use it with 'ripple network use {name}', or choose another name",
    409,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
