/** Hands an artifact's bytes to the browser. */
import { pageLimits } from '../../../limits/page.ts'
import { bytesOf } from '../../format/base64.ts'
import { size } from '../../format/format.ts'
import { quoted } from '../../format/quoted.ts'
import { Command } from '../../parts/command.tsx'
import { saveFile } from '../../parts/save-file.ts'
import { type Action, useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

/** An artifact that can be downloaded. */
interface Wanted {
  readonly cid: string
  readonly name: string | null
}

/** A download with the bytes that it got; null if it failed. */
export interface Download extends Pick<Action<'artifact.get'>, 'busy' | 'trouble' | 'stop'> {
  run(wanted: Wanted, id?: string): Promise<number | null>
}

/** Returns a download of an artifact to the browser's disk. */
export function useDownload(): Download {
  const get = useAction('artifact.get')
  const run = async ({ cid, name }: Wanted, id?: string): Promise<number | null> => {
    const got = await get.run(id === undefined ? { cid } : { cid, id })
    if (got === null || got.base64 === null) return null
    saveFile(name ?? cid, bytesOf(got.base64))
    return got.bytes
  }
  return { busy: get.busy, trouble: get.trouble, stop: get.stop, run }
}

/** Whether the page can read that many bytes. */
export function isForPage(bytes: number): boolean {
  return bytes <= pageLimits.page_artifact_bytes_max
}

/** Says how a large artifact is written to a file. */
export function GetCommand({ cid, name, bytes }: Wanted & { bytes: number }) {
  const command = `ripple artifact get ${cid} --output ${quoted(name ?? 'FILE')}`
  return (
    <>
      <p class="hint">{words.artifacts.tooLarge.get(size(bytes))}</p>
      <Command text={command} />
    </>
  )
}
