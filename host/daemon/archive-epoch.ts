import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type EpochRules, epochBegin, epochOfSeed, epochSeed, isForgotten } from '../config/epoch.ts'
import type { OpenEpoch } from '../dht/epoch-dht.ts'
import { archiveDht, archived, archiveLine, readArchive } from '../receipt/archive.ts'
import { assembleReceipt } from '../receipt/assemble.ts'
import { verifyReceipt } from '../receipt/verify.ts'
import { openRules } from '../rules/rules.ts'

/** Where the archives of a network lie. */
export interface ArchivePlace {
  readonly folder: string
  /** The network's seed, without an epoch. */
  readonly seed: string
  readonly rules: EpochRules
}

/** Path of an epoch's archive. */
export function archiveFile({ folder, seed }: Pick<ArchivePlace, 'folder' | 'seed'>, epoch: number): string {
  return join(folder, `${epochSeed(seed, epoch)}.jsonl`)
}

/**
 * Appends to an epoch's archive what is not in it yet, and resolves to its path when that is on disk: a first line that
 * says of what it is, and one for each event with the bytes that were signed.
 */
export async function archiveEpoch(
  place: ArchivePlace,
  one: OpenEpoch,
  signal: AbortSignal,
): Promise<string> {
  const { epoch, dht } = one
  const { dnaHash: dna, agent } = dht
  const file = archiveFile(place, epoch)
  await mkdir(place.folder, { recursive: true, mode: 0o700 })
  const before = await readFile(file, 'utf8').catch(() => '')
  const kept = new Set(readArchive(before).map(({ hash }) => hash))
  const [begins, ends] = [epochBegin(epoch, place.rules), epochBegin(epoch + 1, place.rules)]
  const lines = before === '' ? [`${JSON.stringify({ archive: 1, dna, epoch, agent, begins, ends })}\n`] : []
  // A line that a crash has torn must not take the next one with it.
  if (before !== '' && !before.endsWith('\n')) lines.push('\n')
  for (const event of await archived(dht, dna, signal)) {
    const signed = kept.has(event.hash) ? null : await dht.signed(event.hash, signal)
    if (signed) lines.push(archiveLine(event, signed))
  }
  await using handle = await open(file, 'a', 0o600)
  await handle.appendFile(lines.join(''))
  await handle.sync()
  return file
}

/**
 * Makes the receipt of a task of this agent's from an archive alone, nothing revealed, and verifies it. Rejects as
 * `assembleReceipt` does, and with `RIPPLE_RECEIPT_INVALID`.
 */
export async function receiptFromArchive(
  archive: string,
  agent: string,
  task: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const rules = await openRules()
  const events = readArchive(await readFile(archive, 'utf8'))
  const dht = archiveDht(agent, events)
  const bytes = await assembleReceipt({ dht, rules, secrets: null }, task, signal)
  verifyReceipt(bytes, rules)
  return bytes
}

/** The epochs of this network that have an archive, oldest first. */
export async function archivedEpochs({ folder, seed }: ArchivePlace): Promise<number[]> {
  const files = await readdir(folder).catch(() => [])
  const found = files.map((file) => epochOfSeed(seed, file.replace(/\.jsonl$/, '')))
  return found.filter((epoch) => epoch !== null).sort((a, b) => a - b)
}

/** Removes the archives that have had their time. */
export async function forgetArchives(place: ArchivePlace, now: number): Promise<number[]> {
  const old = (await archivedEpochs(place)).filter((epoch) => isForgotten(epoch, now, place.rules))
  for (const epoch of old) await rm(archiveFile(place, epoch), { force: true })
  return old
}
