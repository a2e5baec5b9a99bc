/** The rules of the house: its floors, and the most that a figure should be. */

/** Folders and files from the ground up: each may import only its own floor and those before it. */
export const FLOORS: readonly string[] = `
  zomes-bindings/generated/ host/limits host/types/ host/version.ts host/errors/ host/codec/ host/files/ host/setup/
  host/telemetry/ host/config/ zomes-bindings/ host/rules/ host/hardware/
  host/planning/ host/rendezvous/
  host/mesh/state/ host/mesh/placement/ host/mesh/poster/ host/mesh/worker/ host/mesh/standby/ host/mesh/
  host/mesh/view/
  host/processes/ host/net/ host/artifacts/ host/models/ host/engine/
  host/dht/ host/dht/call/ host/dht/fork-guard/ host/dht/recovery/ host/dht/epochs/ host/dht/app/ host/dht/session/
  host/work/journal/ host/work/context/ host/work/records/ host/work/messages/ host/work/poster/ host/work/worker/
  host/work/standby/ host/work/
  host/ensemble/members/ host/ensemble/vote/ host/ensemble/cards/ host/ensemble/query/ host/ensemble/measure/
  host/ensemble/
  host/receipt/ host/share/ host/membership/ host/peers/ host/providers/ host/tools/ host/policy/ host/resources/ host/inference/ host/keys/ host/chats/
  host/webhooks/
  host/operations/ host/api/ host/doctor/
  host/daemon/artifacts/ host/daemon/machine/ host/daemon/models/ host/daemon/peers/ host/daemon/receipts/ host/daemon/chain/
  host/daemon/tasks/ host/daemon/facts/ host/daemon/install/ host/daemon/mcp/ host/daemon/compose/ host/daemon/command/ host/daemon/
  host/cli/ host/start/ host/ui/ zomes-bindings/build/
`
  .trim()
  .split(/\s+/)

/** The most that a figure should be, by its row and column; `prose` holds for each of its rows. */
export const TARGETS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'lines a file': { max: 400 },
  'lines a function': { max: 70 },
  'files a folder': { max: 25 },
  'upward imports': { count: 3 },
  'files without a floor': { count: 0 },
  prose: { 'over 35': 0, 'long paragraphs': 0, '% clause first': 1 },
}

/** Words that begin no title of a test or a group, because they stand for its subject or hide it. */
export const TITLE_WITHOUT_SUBJECT: readonly string[] = `
  is are was were has have had does do did may can cannot could will would must should let lets
  it its itself he she they them their who whoever whom whose what whatever which one ones those these that
  when where while whether how why if unless until as so also nor neither but and or
  with without of for from in on at by to after before
`
  .trim()
  .split(/\s+/)
