/** Keeps the names of added files in the journal, since a CID has none. */

import { limits } from '../../limits.ts'
import type { ArtifactNames } from '../../operations/context.ts'
import type { Journal } from '../../work/journal/port.ts'

const PREFIX = 'artifact_name:'

/** Opens the names of artifacts. */
export function artifactNames(journal: Pick<Journal, 'put' | 'delete' | 'beginning'>): ArtifactNames {
  return {
    put: (cid, name) => journal.put('meta', PREFIX + cid, name),
    forget: (cid) => journal.delete('meta', PREFIX + cid),
    all: async () => {
      const kept = await journal.beginning('meta', PREFIX, limits.artifact_names_max)
      return new Map(kept.map(([key, name]) => [key.slice(PREFIX.length), String(name)]))
    },
  }
}
