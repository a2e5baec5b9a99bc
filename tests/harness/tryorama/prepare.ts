import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { AdminWebsocket } from '@holochain/client'
import { readEnv } from '../../../host/config/env.ts'
import { userPaths } from '../../../host/config/paths.ts'
import { patchGrants } from '../../../host/dht/call/patch-grants.ts'
import { findProgram } from '../../../host/processes/find-program.ts'

const standIns = resolve(import.meta.dirname, 'bin')

/**
 * Makes tryorama 0.19, which was written for the conductor before, drive this one: stand-ins of `hc` and `holochain`
 * come first on PATH, and each admin connection grants in the form that the conductor reads. Conductors begin with
 * the compiled zomes of `template`.
 */
export async function prepareTryorama(template: string, signal: AbortSignal): Promise<void> {
  const env = readEnv()
  const toolsFolder = join(userPaths(env, process.platform).cache, 'tools', 'bin')
  const find = (name: string, version: string): Promise<string> =>
    findProgram({ name, version, explicit: null, path: withoutStandIns(env.path), toolsFolder }, signal)
  const bootstrap = await find('kitsune2-bootstrap-srv', '0.5.3')
  process.env.RIPPLE_TEST_SANDBOXES = await mkdtemp(join(tmpdir(), 'ripple-tryorama-'))
  process.env.RIPPLE_TEST_TEMPLATE = template
  process.env.RIPPLE_TEST_HOLOCHAIN = await find('holochain', '0.7.1')
  process.env.PATH = [
    standIns,
    dirname(process.execPath),
    withoutStandIns(env.path),
    dirname(bootstrap),
  ].join(delimiter)
  patchConnect()
}

function withoutStandIns(path: string): string {
  return path
    .split(delimiter)
    .filter((folder) => folder !== standIns)
    .join(delimiter)
}

const patched = Symbol.for('ripple.tryorama.patched')

function patchConnect(): void {
  if (Reflect.has(AdminWebsocket, patched)) return
  Reflect.set(AdminWebsocket, patched, true)
  const connect = AdminWebsocket.connect.bind(AdminWebsocket)
  AdminWebsocket.connect = async (options) => {
    const admin = await connect(options)
    patchGrants(admin)
    return admin
  }
}
