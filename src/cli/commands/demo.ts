import { once } from 'node:events'
import { givenOptions } from '../../config/given-options.ts'
import { type Demo, startDemo } from '../../demo/demo.ts'
import { demoCombinations, demoCommands, exportLine } from '../../demo/shell.ts'
import { ByooError } from '../../errors.ts'
import { renderJson } from '../../output/json.ts'
import { hanging, wrap } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { bind } from '../bind.ts'
import type { ExitCode } from '../exit-code.ts'
import type { Session } from '../session.ts'

/** Runs the demo until it is interrupted: it has then done what it was started for. */
export async function demo(session: Session): Promise<ExitCode> {
  const { context, manners, signal, style } = session
  refuseChoices(session)
  const port = readPort(session)
  const started = await bind(startDemo({ port }), '127.0.0.1', port, '--port')
  try {
    // One line: who reads it cannot wait for the end.
    context.stdout.write(manners.json ? renderJson(toData(started), 0) : text(started, style))
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await started.close()
  }
  session.notice('Stopped; nothing is left behind.')
  return 0
}

/** Global options that say what other commands work on. */
const choices = [
  'config',
  'environment',
  'region',
  'org',
  'team',
  'timeout',
  'managementUrl',
  'apiUrl',
  'clientSecret',
]

/** As variables they are for other commands of the shell: only options are refused. */
function refuseChoices({ flags }: Session): void {
  const given = choices.find((name) => flags[name] !== undefined)
  if (given === undefined) return
  const option = `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  throw new ByooError('usage', `byoo demo has no ${option}`, {
    hint: 'it plays every environment and region, and its page lets you choose; run it with --help for its options',
  })
}

function readPort({ flags, context }: Session): number {
  const { port } = givenOptions(['port'], flags, context.env)
  if (port === undefined) return 0
  if (/^\d{1,5}$/.test(port.value) && Number(port.value) <= 65_535) return Number(port.value)
  throw new ByooError('usage', `${port.source}: must be a whole number from 0 to 65535`)
}

/** What `--json` prints: addresses and made-up keys for scripts. */
function toData({ url, simulator, variables }: Demo) {
  const { junction, provider, forwarder } = simulator
  return {
    url,
    junction: { management_url: junction.url, api_url: junction.apiUrl },
    provider: { url: provider.url },
    forwarder: { url: forwarder.url },
    org: junction.org,
    teams: Object.fromEntries(
      demoCombinations.map((combination) => [
        combination,
        combination.endsWith('/us') ? junction.teams.us.id : junction.teams.eu.id,
      ]),
    ),
    management_key: junction.keys.organisation,
    api_keys: junction.apiKeys,
    variables,
  }
}

/** No line is longer than this, however wide the terminal: long lines are hard to read. */
const widest = 100

/** For people. The line to paste is in one piece, however long. */
function text({ url, variables }: Demo, style: Style): string {
  const width = Math.min(widest, style.columns ?? 80)
  const paragraph = (words: string) => wrap(words, width).join('\n')
  return `${[
    paragraph('byoo demo: a provider, a Junction and the real forwarder between them, all on this machine.'),
    `  ${style.bold(url)}`,
    paragraph('Open it: connect a user, follow every hop, break one thing and see who notices.'),
    paragraph('Or paste this line into another shell. Every byoo command there then talks to the demo:'),
    exportLine(variables['sandbox/us']),
    demoCommands
      .flatMap(({ command, does }) => [`  ${command}`, ...hanging('    ', does, width).map(style.dim)])
      .join('\n'),
    paragraph('Ctrl-C stops it and leaves nothing behind.'),
  ].join('\n\n')}\n`
}
