import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownNode, project } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { SetupError } from './say.mjs'

const stamp = join(project, 'node_modules', '.ripple-lock')

/** Returns a digest of the lockfile: packages of another one are installed anew. */
function wantedPackages() {
  return createHash('sha256')
    .update(readFileSync(join(project, 'package-lock.json')))
    .digest('hex')
}

/** Whether the packages of the lockfile are installed whole. */
export function packagesAreHere() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wantedPackages() && existsSync(ownNode)
}

/**
 * Runs `npm ci` when the lockfile is not the one that was installed last. The stamp is written after a whole
 * install only, so an interrupted one is done again.
 */
export async function installPackages() {
  if (packagesAreHere()) return 'unchanged'
  await runQuietly('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: project,
    code: 'RIPPLE_SETUP_PACKAGES',
    hint: 'check the connection to the npm registry and start again',
  })
  if (!existsSync(ownNode)) {
    throw new SetupError(
      'RIPPLE_SETUP_PACKAGES',
      "the package 'node' did not install its binary",
      'allow install scripts (npm config get ignore-scripts) and start again',
      1,
    )
  }
  writeFileSync(stamp, wantedPackages())
  return 'installed'
}
