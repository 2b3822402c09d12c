import { once } from 'node:events'
import * as z from 'zod/mini'
import { type Demo, startDemo } from '../../demo/demo.ts'
import { demoCombinations, demoCommands, exportLine } from '../../demo/shell.ts'
import { renderJson } from '../../output/json.ts'
import { hanging, wrap } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { bind } from '../bind.ts'
import { type Call, defineCommand, option } from '../command.ts'

const portSchema = z.pipe(
  z
    .string()
    .check(
      z.refine(
        (text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535,
        'must be a whole number from 0 to 65535',
      ),
    ),
  z.transform((text) => Number(text)),
)

const options = { port: option('--port <port>', 'of the page (default: a free one)', portSchema, 0) }

/** `byoo demo` */
export const command = defineCommand({
  description:
    'Starts a provider (Acme Fit), a Junction and the real forwarder between them on this machine, and a page on ' +
    'which to connect a user, follow every hop and break one thing. Prints a line of shell variables with which ' +
    'every other command talks to it. Runs until Ctrl-C, and leaves nothing behind.',
  examples: ['byoo demo', 'byoo demo --json'],
  options,
  run,
  text: () => '',
})

/** Runs the demo until it is interrupted: it has then done what it was started for. */
async function run({ session, options: { port } }: Call<typeof options>): Promise<undefined> {
  const { context, output, signal, style } = session
  const started = await bind(startDemo({ port }), '127.0.0.1', port, '--port')
  try {
    // One line: who reads it cannot wait for the end.
    context.stdout.write(output.json ? renderJson(toData(started), 0) : text(started, style))
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await started.close()
  }
  session.notice('Stopped; nothing is left behind.')
}

/** What `--json` prints: addresses and made-up keys for scripts. */
function toData({ url, loop, variables }: Demo) {
  const { junction, provider, forwarder } = loop
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
