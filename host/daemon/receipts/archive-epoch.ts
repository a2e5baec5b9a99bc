/** Writes an epoch's signed events to its archive file, and makes receipts from such a file. */
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type EpochRules, epochBegin, epochOfSeed, epochSeed, isForgotten } from '../../config/epoch.ts'
import type { OpenEpoch } from '../../dht/epochs/epoch-dht.ts'
import { archiveDht, archived, archiveLine, readArchive } from '../../receipt/archive.ts'
import { assembleReceipt } from '../../receipt/assemble.ts'
import { verifyReceipt } from '../../receipt/verify.ts'
import { openRules } from '../../rules/rules.ts'

/** The folder, network and epoch rules of a set of archives. */
export interface ArchivePlace {
  readonly folder: string
  /** The network's seed, without an epoch. */
  readonly seed: string
  readonly rules: EpochRules
}

/** Returns the path of an epoch's archive. */
export function archiveFile({ folder, seed }: Pick<ArchivePlace, 'folder' | 'seed'>, epoch: number): string {
  return join(folder, `${epochSeed(seed, epoch)}.jsonl`)
}

/**
 * Appends the events that an epoch's archive lacks, and resolves to its path once they are on disk. The first line
 * describes the archive. Each further line holds one event with the bytes that were signed.
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
  // A crash may have torn the last line; the newline keeps the next line readable.
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
 * Makes the receipt of this agent's task from an archive alone, and verifies it. The receipt reveals no payload or
 * output. Rejects as `assembleReceipt` does, and with `RIPPLE_RECEIPT_INVALID`.
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

/** Lists the epochs of this network that have an archive, oldest first. */
export async function archivedEpochs({ folder, seed }: ArchivePlace): Promise<number[]> {
  const files = await readdir(folder).catch(() => [])
  const found = files.map((file) => epochOfSeed(seed, file.replace(/\.jsonl$/, '')))
  return found.filter((epoch) => epoch !== null).sort((a, b) => a - b)
}

/** Removes the archives whose retention time is over, and returns their epochs. */
export async function forgetArchives(place: ArchivePlace, now: number): Promise<number[]> {
  const old = (await archivedEpochs(place)).filter((epoch) => isForgotten(epoch, now, place.rules))
  for (const epoch of old) await rm(archiveFile(place, epoch), { force: true })
  return old
}
