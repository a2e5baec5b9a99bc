import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

/** How long the registry may take to give the stand-in's packages, in milliseconds. */
const INSTALL_MS = 150_000
/** How long the stand-in may take to serve, in milliseconds. */
const READY_MS = 30_000

const here = import.meta.dirname

/** A running server that speaks Kubo's RPC. */
export interface KuboRpc extends AsyncDisposable {
  readonly url: string
}

/**
 * Starts js-ipfs' RPC server on an empty repository; its packages are installed on first use. Throws with the
 * reason when they cannot be had: an implementation that was not tested must not look as if it was.
 */
export async function startKuboRpc(): Promise<KuboRpc> {
  await install()
  const repo = await mkdtemp(join(tmpdir(), 'ripple-kubo-'))
  const server = fork(join(here, 'server.mjs'), [repo], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [ready] = await once(server, 'message', { signal: AbortSignal.timeout(READY_MS) })
  return {
    url: ready.url,
    [Symbol.asyncDispose]: async () => {
      const ended = once(server, 'exit')
      server.kill()
      await ended
      await rm(repo, { recursive: true, force: true })
    },
  }
}

async function install(): Promise<void> {
  if (existsSync(join(here, 'node_modules', '.package-lock.json'))) return
  const npm = await execa('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: here,
    timeout: INSTALL_MS,
    reject: false,
  })
  if (npm.failed) {
    throw new Error(
      `the stand-in for Kubo could not be installed (is the npm registry reachable?): ${npm.stderr}`,
    )
  }
}
