/**
 * Names of the zome functions that write to a chain. Two at once on one cell would make the later one fail and try
 * again, so the daemon lets them wait for each other; a name that is missing here costs no more than that.
 */
export const writingFunctions: ReadonlySet<string> = new Set([
  'commit',
  'offer',
  'allocate',
  'publish',
  'add',
  'add_batch',
  'record',
  'commit_pin',
  'append',
  'publish_map',
  'own',
  'put_cursor',
])
