// Checks before anything is fetched or built that the disks have room for it.
import { existsSync, lstatSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildFolder, cache, cargoHome, npmCache, project } from './paths.mjs'
import { SetupError } from './say.mjs'
import { builds, defaultModel } from './versions.mjs'

const GIB = 1024 ** 3

/** Disk that the packages take in the clone, and what npm keeps of them in its own cache, in bytes. */
const PACKAGES_BYTES = 1.3 * GIB
const NPM_CACHE_BYTES = 0.75 * GIB

/** Room that a first start takes for the data folders of its two peers, in bytes. */
const SPARE_BYTES = 0.55 * GIB

/**
 * Refuses to begin where a disk has too little room for what is missing. It counts what an interrupted set-up has
 * left as done.
 * @param {{packages: boolean, toBuild: string[], model: boolean}} missing what this run is about to fetch and build
 */
export function checkSpace({ packages, toBuild, model }) {
  const needs = []
  const need = (folder, bytes) => bytes > 0 && needs.push({ folder, bytes })
  if (packages) {
    const modules = join(project, 'node_modules')
    need(project, PACKAGES_BYTES - bytesOf(modules))
    if (!existsSync(modules)) need(npmCache, NPM_CACHE_BYTES)
  }
  need(cache, buildBytes(toBuild) + (model ? defaultModel.bytes : 0))
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

/** Bytes that the builds take at their height: one comes after the other, and each is removed once it is done. */
function buildBytes(toBuild) {
  const sizes = toBuild.map((program) => builds[program].buildBytes - bytesOf(buildFolder(program)))
  return Math.max(0, ...sizes)
}

/** Adds up what is needed on each disk, with what is free on it. A file system that does not say its size is left out. */
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

/** The folder itself, or the nearest one above it that exists. */
function nearest(folder) {
  return existsSync(folder) ? folder : nearest(dirname(folder))
}

/** Bytes of all files below a folder; 0 where there is none. */
function bytesOf(folder) {
  if (!existsSync(folder)) return 0
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) =>
      entry.isDirectory() ? bytesOf(join(folder, entry.name)) : sizeOf(join(folder, entry.name)),
    )
    .reduce((sum, bytes) => sum + bytes, 0)
}

/** A file that goes while it is counted takes nothing. */
function sizeOf(file) {
  return lstatSync(file, { throwIfNoEntry: false })?.size ?? 0
}

function gb(bytes) {
  return `${(bytes / GIB).toFixed(1)} GiB`
}
