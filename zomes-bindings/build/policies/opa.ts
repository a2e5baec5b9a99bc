import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { childEnv, readEnv } from '../../../host/config/env.ts'
import { userPaths } from '../../../host/config/paths.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'

/** The version of OPA that compiles the policies: other versions may give other bytes. */
export const OPA_VERSION = '1.22.0'

/** Where set-up and this build put the programs that they build. */
function toolsBin(): string {
  return join(userPaths(readEnv(), process.platform).cache, 'tools', 'bin')
}

/** The pinned OPA on PATH or in the user's cache, or null. */
export async function findOpa(signal: AbortSignal): Promise<string | null> {
  const folders = readEnv()
    .path.split(delimiter)
    .filter((folder) => folder !== '')
  for (const folder of [...folders, toolsBin()]) {
    const file = join(folder, 'opa')
    const ran = await execa(file, ['version'], { cancelSignal: signal, reject: false })
    if (!ran.failed && /^Version: (\S+)$/m.exec(ran.stdout)?.[1] === OPA_VERSION) return file
  }
  return null
}

/**
 * Finds OPA, and builds it into the user's cache where it is missing and Go is there. Rejects with `RIPPLE_OPA_MISSING`
 * without Go, and with `RIPPLE_BUILD_FAILED`.
 */
export async function opaProgram(say: (line: string) => void, signal: AbortSignal): Promise<string> {
  const found = await findOpa(signal)
  if (found !== null) return found
  const missing = new RippleError('RIPPLE_OPA_MISSING', { version: OPA_VERSION })
  if ((await execa('go', ['version'], { cancelSignal: signal, reject: false })).failed) throw missing
  say(`building opa ${OPA_VERSION}: about 3 minutes, once`)
  const ran = await execa('go', ['install', `github.com/open-policy-agent/opa@v${OPA_VERSION}`], {
    cancelSignal: signal,
    reject: false,
    all: true,
    // Outside a module a vendor flag of the user's would stop it.
    env: childEnv({ GOBIN: toolsBin(), GOFLAGS: '-mod=mod' }),
  })
  if (ran.failed)
    throw new RippleError('RIPPLE_BUILD_FAILED', {
      command: 'go install opa',
      detail: ran.all?.split('\n').at(-1) ?? '',
    })
  const built = await findOpa(signal)
  if (built === null) throw missing
  return built
}
