// Installs the npm packages of the lockfile.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownNode, project } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { SetupError } from './say.mjs'

const stamp = join(project, 'node_modules', '.ripple-lock')

/** Returns the digest of the lockfile. Packages of another lockfile are installed again. */
function wantedPackages() {
  return createHash('sha256')
    .update(readFileSync(join(project, 'package-lock.json')))
    .digest('hex')
}

/** Whether all packages of the lockfile are installed. */
export function packagesAreHere() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wantedPackages() && existsSync(ownNode)
}

/**
 * Runs `npm ci` if the lockfile differs from the last installed one. The stamp is written only after a complete
 * installation, so an interrupted one is repeated.
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
