import { join } from 'node:path'
import { execa } from 'execa'
import { readEnv } from '../../../host/config/env.ts'
import { userPaths } from '../../../host/config/paths.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { findProgram } from '../../../host/processes/find-program.ts'
import { failed } from './compile.ts'

/** The version of the bundling tools that fits the pinned conductor. */
const VERSION = '0.7.1'

/** The programs that pack bundles. */
export interface BundleTools {
  readonly dna: string
  readonly app: string
}

/** Finds the bundling tools on PATH or in the user's cache, and builds them into the cache where they are missing. */
export async function bundleTools(say: (line: string) => void, signal: AbortSignal): Promise<BundleTools> {
  const env = readEnv()
  const tools = join(userPaths(env, process.platform).cache, 'tools')
  const find = (name: string): Promise<string> =>
    findProgram(
      { name, version: VERSION, explicit: null, path: env.path, toolsFolder: join(tools, 'bin') },
      signal,
    )
  const both = async (): Promise<BundleTools> => ({ dna: await find('hc-dna'), app: await find('hc-app') })
  try {
    return await both()
  } catch (error) {
    if (!(error instanceof RippleError) || !error.code.startsWith('RIPPLE_CONDUCTOR_')) throw error
  }
  say(`building hc-dna and hc-app ${VERSION}: about 2 minutes, once`)
  const args = ['install', '--locked', 'holochain_cli_bundle', '--version', VERSION, '--root', tools]
  const ran = await execa('cargo', args, { cancelSignal: signal, reject: false, all: true, lines: true })
  if (ran.failed) throw failed('cargo install holochain_cli_bundle', ran.all ?? [])
  return both()
}
