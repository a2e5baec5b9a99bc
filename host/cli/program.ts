/** Builds the command line from the operations. */
import { Argument, Command, type CommanderError, Option } from 'commander'
import { RippleError } from '../errors/ripple-error.ts'
import { typedHere } from '../operations/command-name.ts'
import type { Operation } from '../operations/operation.ts'
import { daemonOperations, localOperations } from '../operations/registry.ts'
import { type Typed, waysIn } from './read-input.ts'

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
  artifact: 'Keep and fetch bytes by their content identifier',
  model: 'See, fetch, load and remove models',
  inference: 'Ask models',
  moe: 'Ask several models at once, and measure whether that helps',
  card: 'See and verify score cards',
  receipt: 'Ask the network about receipts',
  secret: 'Keep keys of providers, encrypted',
  upstream: 'See the providers beyond the mesh',
  epoch: 'List and archive the epochs of this machine',
  policy: 'See, test and ask the rules that gate everything',
}

/** Returns the names of all commands, local ones first. */
export function commandNames(): string[] {
  return [...new Set([...localOperations, ...daemonOperations].map((verb) => verb.name))]
}

/** Builds the command line. `name` is the word that starts it here, and `onAsked` gets the parsed command. */
export function buildProgram(version: string, onAsked: (asked: Asked) => void, name = 'ripple'): Command {
  const program = new Command(name)
    .description("A mesh of people's own machines, with evidence of who asked, who computed and who accepted")
    .version(version)
    .addHelpText('after', exitCodes(name))
  quiet(program)
  const verbs: readonly Operation<never>[] = [...localOperations, ...daemonOperations]
  for (const noun of commandNames()) {
    const verb = verbs.find((one) => one.name === noun)
    if (verb) addCommand(program, verb, onAsked)
  }
  return program
}

function addCommand(program: Command, verb: Operation<never>, onAsked: (asked: Asked) => void): void {
  const words = verb.command.split(' ')
  const last = words.pop() ?? verb.name
  const parent = words.reduce(groupOf, program)
  const command = parent.command(last).description(verb.summary)
  quiet(command)
  const ways = waysIn(verb)
  for (const { how } of ways) {
    if (how.as.startsWith('-') && how.as !== '-') command.addOption(new Option(how.as, how.about))
    else command.addArgument(new Argument(how.as, how.about))
  }
  command
    .addOption(new Option('--json', 'print one JSON document'))
    .addOption(new Option('--data <DIR>', 'the data folder'))
  const examples = verb.examples.map((line) => typedHere(line, program.name()))
  command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}\n`)
  command.action(() => {
    const options: Record<string, string | boolean> = command.opts()
    const typed = typedOf(command, ways)
    onAsked({ name: verb.name, typed, data: options.data as string | undefined, json: options.json === true })
  })
}

function groupOf(parent: Command, noun: string): Command {
  const found = parent.commands.find((command) => command.name() === noun)
  if (found) return found
  const group = parent.command(noun).description(about[noun] ?? noun)
  quiet(group)
  return group
}

function typedOf(command: Command, ways: ReturnType<typeof waysIn>): Typed[] {
  const options: Record<string, string | boolean | undefined> = command.opts()
  const words = [...command.processedArgs] as Array<string | undefined>
  const typed: Typed[] = []
  for (const { field, how } of ways) {
    const flag = how.as.startsWith('--')
    const value = flag ? options[new Option(how.as).attributeName()] : words.shift()
    if (value !== undefined) typed.push({ field, how, value })
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
  return [...localOperations, ...daemonOperations].map(({ command }) => command)
}
