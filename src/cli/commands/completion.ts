import { usageError } from '../../errors.ts'
import { targets } from '../../export/targets.ts'
import { junctionEnvironments, regions } from '../../junction/environments.ts'
import { providerSlugs } from '../../junction/providers.ts'
import { type Call, type CommandEntry, defineCommand, type Options } from '../command.ts'
import type { CommandTable } from '../execute.ts'
import { hiddenFlags, outputFlags, targetFlags } from '../global-flags.ts'

/** The shells that a script can be made for. */
export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

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

/**
 * `byoo completion`, of the commands of a table. All that a script offers stands in it: a key press starts no process,
 * needs neither key nor network, and what has been typed is never evaluated.
 */
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
      const completed = await readTable(table)
      return {
        shell,
        script: shell === 'fish' ? fishScript(completed) : posixScript(completed, dialects[shell]),
      }
    },
    verbatim: true,
    text: ({ script }) => script,
  })

/** A word that may come next, and what it is. */
type Described = readonly [word: string, description: string]

/** A flag's value: words to choose from, a path, or something that nobody can guess. */
type FlagValue = readonly string[] | 'path' | 'unknown'

/** What a shell has to know. */
type Completed = Awaited<ReturnType<typeof readTable>>

/** Loads every command. The path of byoo itself is empty; `values` are the same whatever the command. */
async function readTable(table: CommandTable) {
  const values = new Map<string, FlagValue>()
  const readFlags = (declared: readonly Described[]) =>
    declared.map(([flags, description]): Described => {
      const [, flag = '', placeholder] = /(--[\w-]+)(?: <([\w:]+)>)?$/.exec(flags) ?? []
      const guess = /^(file|path|folder)$/.test(placeholder ?? '') ? 'path' : 'unknown'
      const known = placeholder === 'url' ? undefined : choices[flag.slice(2)]
      if (placeholder) values.set(flag, known ?? guess)
      return [flag, description]
    })
  const help: Described = ['--help', 'show help']
  const everywhere = [...Object.values(outputFlags), help]
  const read = async ({ path, load }: Pick<CommandEntry, 'load'> & { readonly path: string }) => {
    const { command } = await load()
    const own = (options: Options): Described[] =>
      Object.entries(options)
        .filter(([name]) => !(name in hiddenFlags))
        .map(([, { flags, description }]) => [flags, description])
    const flags =
      'start' in command
        ? [...Object.values(command.optionGroups).flat(), help]
        : [...own(command.options), ...everywhere]
    const operands = (command.operands ?? []).map(([term]) => ({
      choices: choices[term.replace(/\W/g, '')],
      several: term.includes('...'),
    }))
    return { path, subcommands: [], flags: readFlags(flags), operands }
  }
  const group = (path: string, entries: CommandTable[string], flags: readonly Described[]) => ({
    path,
    subcommands: entries.map(({ name, summary }): Described => [name, summary]),
    flags: readFlags(flags),
    operands: [],
  })
  const shown = Object.values(table)
    .flat()
    .filter((entry) => !('hidden' in entry))
  const groups = shown.filter((entry) => 'commands' in entry)
  const entries = shown.flatMap((entry) =>
    'commands' in entry
      ? entry.commands.map(({ name, load }) => ({ path: `${entry.name} ${name}`, load }))
      : [{ path: entry.name, load: entry.load }],
  )
  const root = [...Object.values(targetFlags), ...everywhere, ['--version', 'show the version']] as const
  return {
    commands: [
      group('', shown, root),
      ...groups.map(({ name, commands }) => group(name, commands, everywhere)),
      ...(await Promise.all(entries.map(read))),
    ],
    values,
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

interface Dialect {
  readonly head: string
  /** What the loop reads: the words before the cursor. */
  readonly before: string
  readonly choose: (words: readonly Described[]) => string
  readonly tail: string
}

const dialects: Readonly<Record<Exclude<Shell, 'fish'>, Dialect>> = {
  bash: {
    head: `# bash completion of byoo; in ~/.bashrc: source <(byoo completion bash)
_byoo() {
  local cur=\${COMP_WORDS[COMP_CWORD]} offers= IFS=$' \\t\\n'
  [[ $cur == = ]] && cur=
  COMPREPLY=()`,
    before: `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`,
    choose: (words) => `offers=${quoted(words.map(([word]) => word).join(' '))}`,
    tail: `  if [[ $offers != path ]]; then
    COMPREPLY=($(compgen -W "$offers" -- "$cur"))
  elif ! compopt -o default 2>/dev/null; then # bash 3.2
    IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -F _byoo byoo`,
  },
  zsh: {
    head: `#compdef byoo
# zsh completion of byoo; as _byoo in a folder of $fpath, or in ~/.zshrc after compinit: source <(byoo completion zsh)
_byoo() {
  local cur=$PREFIX
  local -a before=("\${(@)words[2,CURRENT-1]}") offers
  if [[ $cur == --*=* ]]; then
    before+=("\${cur%%=*}")
    compset -P '*='
    cur=$PREFIX
  fi`,
    before: `"\${before[@]}"`,
    choose: (words) =>
      `offers=(${words.map(([word, description]) => quoted(description === '' ? word : `${word}:${description}`)).join(' ')})`,
    tail: `  if [[ $offers == path ]]; then _files; else _describe 'byoo' offers; fi
}
if [[ \${funcstack[1]} == _byoo ]]; then _byoo "$@"; else compdef _byoo byoo; fi`,
  },
}

/** bash and zsh differ in how words come in and go out; the walk over what was typed is one. */
function posixScript({ commands, values }: Completed, { head, before, choose, tail }: Dialect): string {
  const bare = (words: readonly string[]) => choose(words.map((word) => [word, '']))
  const groups = commands.filter(({ path }) => path !== '').map(({ path }) => quoted(` ${path}`))
  const arms = commands.flatMap(({ path, flags, subcommands, operands }) => [
    `    ${quoted(`${path} -`)}) ${choose(flags)} ;;`,
    ...(subcommands.length > 0 ? [`    ${quoted(`${path} 0`)}) ${choose(subcommands)} ;;`] : []),
    ...operands.flatMap(({ choices, several }, index) =>
      choices ? [`    ${quoted(`${path} `)}${several ? '[0-9]*' : index}) ${bare(choices)} ;;`] : [],
    ),
  ])
  const valueArms = [...values].flatMap(([flag, value]) =>
    value === 'unknown' ? [] : [`    ${flag}) ${bare(value === 'path' ? ['path'] : value)} ;;`],
  )
  return `${head}
  local word command= option= count=0
  for word in ${before}; do
    if [[ $word == = ]]; then continue; fi
    if [[ -n $option ]]; then option=; continue; fi
    case $word in
      ${[...values.keys()].join('|')}) option=$word ;;
      -*) ;;
      *) case "$command $word" in
          ${groups.join('|')}) command="$command $word" ;;
          *) count=$((count + 1)) ;;
        esac ;;
    esac
  done
  command=\${command# }
  if [[ $cur == -* ]]; then count=-; fi
  if [[ -n $option ]]; then case $option in
${valueArms.join('\n')}
  esac; else case "$command $count" in
${arms.join('\n')}
  esac; fi
${tail}
`
}

function fishScript({ commands, values }: Completed): string {
  const escaped = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`
  const line = (path: string, rest: string, count = '') =>
    `complete -n ${escaped(`__byoo_at '${path}' ${count}`.trim())} ${rest} -c byoo`
  const takesOne = { path: ' -rF', unknown: ' -x', '': '' }
  const lines = commands.flatMap(({ path, flags, subcommands, operands }) => [
    ...subcommands.map(([word, description]) => line(path, `-a ${word} -d ${escaped(description)}`, '0')),
    ...operands.flatMap(({ choices, several }, index) =>
      choices ? [line(path, `-a ${escaped(choices.join(' '))}`, several ? '' : String(index))] : [],
    ),
    ...flags.map(([flag, description]) => {
      const value = values.get(flag) ?? ''
      const takes = typeof value === 'string' ? takesOne[value] : ` -x -a ${escaped(value.join(' '))}`
      return line(path, `-l ${flag.slice(2)}${takes} -d ${escaped(description)}`)
    }),
  ])
  return `# fish completion of byoo; byoo completion fish > ~/.config/fish/completions/byoo.fish
function __byoo_at
    set -l words (commandline -opc)
    set -l command ''
    set -l option ''
    set -l count 0
    for word in $words[2..]
        if test -n "$option"
            set option ''
            continue
        end
        switch $word
            case ${[...values.keys()].join(' ')}
                set option $word
            case '-*'
            case '*'
                set -l next (string trim -- "$command $word")
                switch $next
                    case ${commands.flatMap(({ path }) => (path === '' ? [] : escaped(path))).join(' ')}
                        set command $next
                    case '*'
                        set count (math $count + 1)
                end
        end
    end
    test "$command" = "$argv[1]"; or return 1
    not set -q argv[2]; or test $argv[2] = $count
end
complete -f -c byoo
${lines.join('\n')}
`
}
