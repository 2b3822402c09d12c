import { usageError } from '../../errors.ts'
import { targets } from '../../export/targets.ts'
import { junctionEnvironments, regions } from '../../junction/environments.ts'
import { providerSlugs } from '../../junction/providers.ts'
import { type AnyCommand, type Call, defineCommand, type Option } from '../command.ts'
import {
  type Completed,
  type CompletedCommand,
  completionScript,
  type Described,
  type FlagValue,
  shells,
} from '../completion-script.ts'
import type { CommandTable } from '../execute.ts'
import { hiddenFlags, outputFlags, targetFlags } from '../global-flags.ts'

/** What operands and flags of these names may be. */
const choices: Readonly<Record<string, readonly string[]>> = {
  provider: providerSlugs,
  slug: providerSlugs,
  environment: junctionEnvironments,
  target: [...new Set(targets.map(({ name }) => name))],
  shell: shells,
  region: regions,
  providers: providerSlugs,
  path: [], // of a URL
}

/** `byoo completion`, of the commands of a table. */
export const completionCommand = (table: CommandTable) =>
  defineCommand({
    description:
      'Prints a script that completes commands, options, providers and environments. It starts nothing when a key is ' +
      'pressed; print it again after an update of byoo.',
    examples: [
      'source <(byoo completion bash)   # in ~/.bashrc',
      'source <(byoo completion zsh)    # in ~/.zshrc, after compinit',
      'byoo completion fish > ~/.config/fish/completions/byoo.fish',
    ],
    operands: [['<shell>', shells.join(', ')]],
    options: {},
    run: async ({ operands: [name] }: Call) => {
      const shell = shells.find((each) => each === name)
      if (!shell)
        throw usageError('that shell has no completion of byoo', `the choices are ${shells.join(', ')}`)
      return { shell, script: completionScript(shell, await readTable(table)) }
    },
    text: ({ script }) => script,
  })

/** Loads every command. */
async function readTable(table: CommandTable): Promise<Completed> {
  const values = new Map<string, FlagValue>()
  const readFlags = (declared: readonly Described[]) =>
    declared.map(([flags, description]): Described => {
      const [, flag = '', placeholder] = /(--[\w-]+)(?: <([\w:]+)>)?$/.exec(flags) ?? []
      const guess = /^(file|path|folder)$/.test(placeholder ?? '') ? 'path' : 'unknown'
      const known = placeholder === 'url' ? undefined : choices[flag.slice(2)]
      if (placeholder) values.set(flag, known ?? guess)
      return [flag, description]
    })
  const everywhere = [...Object.values(outputFlags), ['--help', 'show help']] as const
  const read = async (path: string, command: AnyCommand): Promise<CompletedCommand> => ({
    path,
    subcommands: [],
    flags: readFlags(
      'start' in command
        ? [...Object.values(command.optionGroups).flat(), ['--help', 'show help']]
        : [
            ...Object.entries<Option<unknown>>(command.options)
              .filter(([name]) => !(name in hiddenFlags))
              .map(([, { flags, description }]): Described => [flags, description]),
            ...everywhere,
          ],
    ),
    operands: (command.operands ?? []).map(([term]) => ({
      choices: choices[term.replace(/\W/g, '')],
      several: term.includes('...'),
    })),
  })
  const group = (path: string, entries: CommandTable[string], flags: readonly Described[]) => ({
    path,
    subcommands: entries.map(({ name, summary }): Described => [name, summary]),
    flags: readFlags(flags),
    operands: [],
  })
  const shown = Object.values(table)
    .flat()
    .filter((entry) => !('hidden' in entry))
  const commands = await Promise.all(
    shown.map(async (entry) =>
      'commands' in entry
        ? [
            group(entry.name, entry.commands, everywhere),
            ...(await Promise.all(
              entry.commands.map(async ({ name, load }) =>
                read(`${entry.name} ${name}`, (await load()).command),
              ),
            )),
          ]
        : read(entry.name, (await entry.load()).command),
    ),
  )
  const root = [...Object.values(targetFlags), ...everywhere, ['--version', 'show the version']] as const
  return { commands: [group('', shown, root), ...commands.flat()], values }
}
