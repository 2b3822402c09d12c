import type { JunctionEnvironment } from '../../junction/environments.ts'
import { shellLine } from '../../output/shell.ts'
import type { Workspace } from './workspace.ts'

/** The command as typed with these options in place of any that it had, ready to paste into a shell. */
export function retypedCommand(argv: readonly string[], options: Readonly<Record<string, string>>): string {
  const kept: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    const [name = ''] = word.split('=', 1)
    const replaced = name in options || (name === '--region' && '--environment' in options)
    if (!replaced) kept.push(word)
    else if (!word.includes('=')) index++
  }
  return shellLine(['byoo', ...kept, ...Object.entries(options).flat()])
}

/** Another command about the same environment, ready to paste: options that came from flags are repeated. */
export function suggestedCommand(
  { given }: Workspace,
  environment: JunctionEnvironment | undefined,
  ...words: string[]
): string {
  const { config, org, team, managementUrl, apiUrl } = given
  const options = {
    config,
    ...(environment && { org, team, 'management-url': managementUrl, 'api-url': apiUrl }),
  }
  const repeated = Object.entries(options).flatMap(([name, option]) =>
    option?.source.startsWith('--') ? [`--${name}`, option.value] : [],
  )
  const chosen = environment ? ['--environment', environment] : []
  return shellLine(['byoo', ...words, ...chosen, ...repeated])
}
