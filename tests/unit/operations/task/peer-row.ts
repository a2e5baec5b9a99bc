/** A machine that could run a task, as `task plan` and `task why` show it. */
export const peerRow = {
  peer: 'uhCAka',
  name: 'a',
  self: false,
  rank: 0,
  codes: [],
  reason: 'has the model',
  busy_until: null,
}
