/** Shows artifacts on the terminal. */
import { artifactAdd, artifactGet, artifactLs, artifactPin } from '../../operations/artifact/shape.ts'
import { list } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { size } from '../../operations/text.ts'

/** The presentations of the operations on artifacts. */
export const artifactPresenters: readonly Presenter[] = [
  present(artifactAdd, {
    render: ({ cid, bytes }) => ({ lines: [cid], notes: [`pinned ${size(bytes)}`] }),
  }),
  present(artifactGet, {
    render: ({ base64, path, bytes }) =>
      base64 === null
        ? { lines: [`${path}`], notes: [`wrote ${size(bytes)}`] }
        : { lines: [], bytes: Buffer.from(base64, 'base64') },
  }),
  present(artifactPin, {
    doing: 'fetching the artifact',
    render: ({ cid, pinned }) => ({ lines: [`${cid} ${pinned ? 'is pinned' : 'is no longer pinned'}`] }),
  }),
  present(artifactLs, {
    render: ({ artifacts }, screen) =>
      list(
        [{ head: 'CID', least: 16 }, 'SIZE', { head: 'NAME', least: 8, drop: 1 }],
        artifacts.map(({ cid, bytes, name, task }) => [
          cid,
          size(bytes),
          name ?? (task === null ? '-' : `answer of ${task}`),
        ]),
        { none: "none yet; add one with 'ripple artifact add FILE'", screen },
      ),
  }),
]
