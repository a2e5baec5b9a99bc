/** Builds the command line from the operations. */
import { Argument, Command, type CommanderError, Option } from 'commander'
import { RippleError } from '../errors/ripple-error.ts'
import { typedHere } from '../operations/command-name.ts'
import { helpText, type Way, waysIn } from '../operations/fields.ts'
import type { Operation } from '../operations/operation.ts'
import { daemonOperations, localOperations } from '../operations/registry.ts'
import type { Typed } from './read-input.ts'

/** A parsed command line. */
export interface Asked {
  readonly name: string
  readonly typed: readonly Typed[]
  readonly data: string | undefined
  readonly json: boolean
}

const exitCodes = (command: string): string => `
Exit codes:
  0 done   1 failed   2 usage or configuration   3 no daemon   4 refused by policy   5 timed out   130 interrupted

Examples:
  ${command} up --detach
  ${command} ask "Why is the sky blue?"
  ${command} task post --prompt "Why is the sky blue?" --wait
  ${command} verify "$(${command} task receipt <ID>)"
`

const about: Readonly<Record<string, string>> = {
  task: 'Post tasks and follow them',
  chat: 'See and remove your chats',
  artifact: 'Keep and fetch bytes by their content identifier',
  model: 'See, fetch, load and remove models',
  inference: 'Ask models',
  moe: 'Ask several models at once, and measure whether that helps',
  card: 'See and verify score cards',
  receipt: 'Ask the network about receipts',
  key: 'Make, list and remove keys for programs',
  network: 'See, make and choose networks, and revoke members',
  peer: 'Accept machines of the local network, and forget them',
  tool: 'See and call tools of MCP servers',
  tools: 'Give the conductor to another machine',
  service: 'Run the daemon as a service of this user',
  secret: 'Keep keys of providers, encrypted',
  resource: 'See what machines offer, and allocate shares of them',
  share: 'See, pause and resume what this machine does for others',
  config: 'See the settings and their origins',
  upstream: 'See the providers beyond the mesh',
  epoch: 'List and archive the epochs of this machine',
  policy: 'See, test and ask the rules that gate everything',
}

/** Returns the operation of each command by its name; a local one goes before a daemon's of the same name. */
export function commandsByName(): Map<string, Operation> {
  const commands = new Map<string, Operation>()
  for (const one of [...localOperations, ...daemonOperations])
    for (const name of one.surfaces.cli ? one.names : []) if (!commands.has(name)) commands.set(name, one)
  return commands
}

/** Builds the command line. `name` is the word that starts it here, and `onAsked` gets the parsed command. */
export function buildProgram(version: string, onAsked: (asked: Asked) => void, name = 'ripple'): Command {
  const program = new Command(name)
    .description("A mesh of people's own machines, with evidence of who asked, who computed and who accepted")
    .version(version)
    .addHelpText('after', exitCodes(name))
  quiet(program)
  for (const [name, operation] of commandsByName()) addCommand(program, { name, operation }, onAsked)
  return program
}

interface Named {
  readonly name: string
  readonly operation: Operation
}

function addCommand(program: Command, { name, operation }: Named, onAsked: (asked: Asked) => void): void {
  const words = operation.command(name).split(' ')
  const last = words.pop() ?? name
  const parent = words.reduce(groupOf, program)
  const command = parent.command(last).description(operation.summary)
  quiet(command)
  const ways = waysIn(operation)
  for (const way of ways) {
    if (way.as.startsWith('-')) command.addOption(optionOf(way))
    else command.addArgument(new Argument(way.as, helpText(way)))
  }
  command
    .addOption(new Option('--json', 'print one JSON document'))
    .addOption(new Option('--data <DIR>', 'the data folder'))
  const examples = operation.examples.map((line) => typedHere(line, program.name()))
  command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}\n`)
  command.action(() => {
    // A command above this one, such as `doctor` above `doctor bundle`, takes the options that both have.
    const options: Record<string, string | boolean> = command.optsWithGlobals()
    const typed = typedOf(command, ways)
    onAsked({ name, typed, data: options.data as string | undefined, json: options.json === true })
  })
}

/** Returns the option of a field. A list may be given in parts: the flag once for each, or commas. */
function optionOf(way: Way): Option {
  const option = new Option(way.as, helpText(way))
  if (way.kind === 'list')
    option.argParser((given, before?: string) => (before === undefined ? given : `${before},${given}`))
  return option
}

function groupOf(parent: Command, noun: string): Command {
  const found = parent.commands.find((command) => command.name() === noun)
  if (found) return found
  const group = parent.command(noun).description(about[noun] ?? noun)
  quiet(group)
  return group
}

function typedOf(command: Command, ways: readonly Way[]): Typed[] {
  const options: Record<string, string | boolean | undefined> = command.opts()
  const words = [...command.processedArgs] as Array<string | undefined>
  const typed: Typed[] = []
  for (const { field, as, kind } of ways) {
    const value = as.startsWith('-') ? options[new Option(as).attributeName()] : words.shift()
    if (value !== undefined) typed.push({ field, how: { as, kind }, value })
  }
  return typed
}

/** Makes commander throw errors and print only help. `main` prints all errors, with their code. */
function quiet(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError()
}

/** Turns an error of commander into a usage error; null if it only printed help or the version. */
export function usageError(thrown: CommanderError): RippleError | null {
  if (thrown.exitCode === 0) return null
  const detail = thrown.message.replace(/^error: /, '').replaceAll('\n', ' ')
  return new RippleError('RIPPLE_USAGE', {
    detail: detail === '(outputHelp)' ? 'a command is missing' : detail,
  })
}

/** Returns the command, with its parents' names, that matches these words best: its help explains the right use. */
export function commandOf(words: readonly string[], verbs = commandWords()): string {
  const typed = words.filter((word) => !word.startsWith('-'))
  const fits = (count: number): boolean => {
    const head = typed.slice(0, count).join(' ')
    return verbs.some((verb) => verb === head || verb.startsWith(`${head} `))
  }
  let count = 0
  while (count < typed.length && fits(count + 1)) count += 1
  return ['ripple', ...typed.slice(0, count)].join(' ')
}

function commandWords(): string[] {
  return [...commandsByName()].map(([name, { command }]) => command(name))
}
