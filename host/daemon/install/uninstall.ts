/** Removes Ripple's files of this user, after it has named them. */
import { lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Env } from '../../config/env.ts'
import { dataPaths, userPaths } from '../../config/paths.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { LocalService, Uninstalled } from '../../operations/local.ts'
import { bytesOf } from '../../setup/bytes-of.mjs'

/** The parts of a user's machine that an uninstallation needs. */
export interface UninstallNeeds {
  readonly env: Env
  /** The data folder by the command line, the environment or the configuration. */
  readonly data: string
  readonly platform: NodeJS.Platform
  readonly service: LocalService
  /** Returns the pid of the daemon that runs on a data folder; null if none does. */
  readonly daemonPid: (data: string) => Promise<number | null>
}

/** A folder with entries of Ripple. Other programs may have entries there too. */
interface Place {
  readonly folder: string
  readonly what: string
  readonly isOurs: (entry: string) => boolean
  /** Whether its entries are kept unless the user wants keys removed. */
  readonly holdsKeys: boolean
}

/** A file or folder with its meaning. */
type Found = Uninstalled['removes'][number]

/** The entries of the cache: those of set-up and of Node, then those of the tests. */
const CACHE_ENTRIES = [
  'tools',
  'models',
  'build',
  'compiled',
  'target',
  'test-template',
  'test-clients-python',
]

/** The peers of `npm start`, whose folders lie in the default data folder. */
const START_ENTRIES = ['start', 'start.pid']

/** Entries of a data folder that a data folder alone has. */
const DATA_MARKS = ['journal.sqlite', 'bootstrap.json']

/**
 * Names Ripple's files, and removes them with `yes`. Keys stay with their chains, because a key without its chains would
 * write a second history. Rejects with `RIPPLE_DATA_IN_USE` while a daemon runs, and as the service does.
 */
export async function uninstall(
  needs: UninstallNeeds,
  { keys, yes }: { readonly keys: boolean; readonly yes: boolean },
  signal: AbortSignal,
): Promise<Uninstalled> {
  const places = await placesOf(needs)
  const service = await needs.service.status(signal)
  const going = places.filter(({ holdsKeys }) => keys || !holdsKeys)
  const staying = places.filter(({ holdsKeys }) => !keys && holdsKeys)
  const named = {
    removes: [
      ...(service.installed ? [await found(service.file, 'the service')] : []),
      ...(await Promise.all(going.map(rowsOf))).flat(),
    ],
    stays: [...(await Promise.all(staying.map(rowsOf))).flat(), ...(await foreignRows(places))],
  }
  if (!yes) return { ...named, removed: false }
  for (const data of dataFolders(needs)) {
    const pid = await needs.daemonPid(data)
    if (pid !== null && pid !== service.pid) throw new RippleError('RIPPLE_DATA_IN_USE', { data })
  }
  await needs.service.uninstall(signal)
  for (const { folder, isOurs } of going) {
    const all = await entriesOf(folder)
    for (const entry of all.filter(isOurs)) await rm(join(folder, entry), { recursive: true, force: true })
    // A folder with entries of others stays.
    if (all.every(isOurs)) await rmdir(folder).catch(() => {})
  }
  return { ...named, removed: true }
}

/** Returns the data folders that may have a daemon: the named one, the usual one, and those of `npm start`. */
function dataFolders({ env, data, platform }: UninstallNeeds): string[] {
  const usual = userPaths(env, platform).data
  return [...new Set([data, usual, join(usual, 'start', 'poster'), join(usual, 'start', 'worker')])]
}

async function placesOf({ env, data, platform }: UninstallNeeds): Promise<Place[]> {
  const paths = userPaths(env, platform)
  const isIn = (names: readonly string[]) => (entry: string) => names.includes(entry)
  const dataPlace = (folder: string): Place => ({
    folder,
    what: 'keys, chains, receipts, journal and logs',
    isOurs: isDataEntry,
    holdsKeys: true,
  })
  const entries = await entriesOf(data)
  const isOther = data !== paths.data && DATA_MARKS.some((mark) => entries.includes(mark))
  return [
    {
      folder: paths.cache,
      what: 'conductor, models and compiled code',
      isOurs: isIn(CACHE_ENTRIES),
      holdsKeys: false,
    },
    {
      folder: dirname(paths.configFile),
      what: 'settings',
      isOurs: isIn([basename(paths.configFile)]),
      holdsKeys: false,
    },
    ...(isOther ? [dataPlace(data)] : []),
    dataPlace(paths.data),
    {
      folder: dirname(paths.heads),
      what: 'how far the chain of each key is',
      isOurs: isIn([basename(paths.heads)]),
      holdsKeys: true,
    },
  ]
}

/** The names of a data folder's own entries. */
const dataEntries = [
  ...Object.values(dataPaths('/'))
    .filter((path) => dirname(path) === '/' && path !== '/')
    .map((path) => basename(path)),
  ...START_ENTRIES,
  'open.html',
]

/** Whether an entry of a data folder is Ripple's. Drafts and SQLite's files have suffixes. */
function isDataEntry(entry: string): boolean {
  return dataEntries.includes(entry.replace(/(\.tmp|-wal|-shm|-journal)$/, ''))
}

/** Returns one row if everything in a folder is Ripple's, else a row for each entry that is. */
async function rowsOf({ folder, what, isOurs }: Place): Promise<Found[]> {
  const all = await entriesOf(folder)
  if (all.length > 0 && all.every(isOurs)) return [await found(folder, what)]
  return Promise.all(all.filter(isOurs).map((entry) => found(join(folder, entry), what)))
}

/** Returns the entries of others in Ripple's folders. On macOS two places share a folder. */
async function foreignRows(places: readonly Place[]): Promise<Found[]> {
  const folders = [...new Set(places.map(({ folder }) => folder))]
  const rows = folders.map(async (folder) => {
    const here = places.filter((place) => place.folder === folder)
    const foreign = (await entriesOf(folder)).filter((entry) => !here.some(({ isOurs }) => isOurs(entry)))
    return Promise.all(foreign.map((entry) => found(join(folder, entry), "not Ripple's")))
  })
  return (await Promise.all(rows)).flat()
}

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return []
    throw thrown
  })
}

/** Returns a row with the bytes below a path. Links are counted and removed as links. */
async function found(path: string, what: string): Promise<Found> {
  const entry = await lstat(path)
  return { path, what, bytes: entry.isDirectory() ? bytesOf(path) : entry.size }
}
