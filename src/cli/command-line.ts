import { shellWord as quoted } from '../output/shell.ts'

export { quoted }

/** Options that a suggested command sets itself. */
type Replaced = Readonly<Record<string, string>>

/** The command as typed with these options in place of any that it had, ready to paste into a shell. */
export function commandLine(argv: readonly string[], options: Replaced): string {
  const kept: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    const [name = ''] = word.split('=', 1)
    if (!(name in options)) kept.push(word)
    else if (!word.includes('=')) index++
  }
  const added = Object.entries(options).flat()
  return ['byoo', ...kept, ...added].map(quoted).join(' ')
}
