// Checks the free disk space before the set-up fetches and builds.
import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bytesOf } from './bytes-of.mjs'
import { buildFolder, cache, cargoHome, npmCache, project } from './paths.mjs'
import { SetupError } from './say.mjs'
import { builds, defaultModel } from './versions.mjs'

const GIB = 1024 ** 3

/** Disk space of the packages in the clone, and of their copies in npm's own cache, in bytes. */
const PACKAGES_BYTES = 1.3 * GIB
const NPM_CACHE_BYTES = 0.75 * GIB

/** Disk space of another machine's programs and of their archive, in bytes. */
const TAKEN_BYTES = 0.15 * GIB

/** Disk space of the data folders of a first start's two peers, in bytes. */
const SPARE_BYTES = 0.55 * GIB

/**
 * Throws if a disk has too little space for the missing parts. The files of an interrupted set-up count as done.
 * @param {{packages: boolean, toBuild: string[], taking: boolean, model: boolean}} missing the parts that this run needs
 */
export function checkSpace({ packages, toBuild, taking, model }) {
  const needs = []
  const need = (folder, bytes) => bytes > 0 && needs.push({ folder, bytes })
  if (packages) {
    const modules = join(project, 'node_modules')
    need(project, PACKAGES_BYTES - bytesOf(modules))
    if (!existsSync(modules)) need(npmCache, NPM_CACHE_BYTES)
  }
  need(cache, buildBytes(toBuild) + (taking ? TAKEN_BYTES : 0) + (model ? defaultModel.bytes : 0))
  // The sources are fetched before the first crate is compiled.
  const fetching = toBuild.filter((program) => !existsSync(buildFolder(program)))
  need(cargoHome, Math.max(0, ...fetching.map((program) => builds[program].sourceBytes)))
  for (const { folders, bytes, free } of byDisk(needs)) {
    if (free >= bytes + SPARE_BYTES) continue
    throw new SetupError(
      'RIPPLE_SETUP_SPACE',
      `set-up takes ${gb(bytes + SPARE_BYTES)} of disk under ${folders.join(', ')}, and ${gb(free)} is free there`,
      folders.includes(cache)
        ? 'free some disk, or set XDG_CACHE_HOME to a folder on a larger one, and start again'
        : 'free some disk and start again',
    )
  }
}

/** Returns the most bytes that the builds use. They run one after the other, and each is removed when it is done. */
function buildBytes(toBuild) {
  const sizes = toBuild.map((program) => builds[program].buildBytes - bytesOf(buildFolder(program)))
  return Math.max(0, ...sizes)
}

/** Adds up the needed and free bytes of each disk. A file system that does not report its size is left out. */
function byDisk(needs) {
  const disks = new Map()
  for (const { folder, bytes } of needs) {
    const there = nearest(folder)
    const { bavail, bsize, blocks } = statfsSync(there)
    if (blocks === 0) continue
    const disk = disks.get(statSync(there).dev) ?? { folders: [], bytes: 0, free: bavail * bsize }
    disks.set(statSync(there).dev, { ...disk, folders: [...disk.folders, folder], bytes: disk.bytes + bytes })
  }
  return [...disks.values()]
}

/** Returns the folder itself, or the nearest existing one above it. */
function nearest(folder) {
  return existsSync(folder) ? folder : nearest(dirname(folder))
}

function gb(bytes) {
  return `${(bytes / GIB).toFixed(1)} GiB`
}
