import { once } from 'node:events'
import { wholeNumber } from '../../config/options.ts'
import type { DemoView } from '../../demo/backend.ts'
import { type Demo, startDemo } from '../../demo/demo.ts'
import {
  demoCommands,
  demoEnvironments,
  exportLines,
  findDemo,
  forgetDemo,
  noteDemo,
  shellLine,
} from '../../demo/shell.ts'
import { ByooError, usageError } from '../../errors.ts'
import { splitEnvironment } from '../../junction/environments.ts'
import { renderJson } from '../../output/json.ts'
import { hanging, wrap } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { bind } from '../bind.ts'
import { type Call, defineCommand, flag, option } from '../command.ts'
import type { Session } from '../session.ts'
import { startedAs } from '../started-as.ts'

const options = {
  port: option('--port <port>', 'of the page (default: a free one)', wholeNumber(0, 65_535), 0),
  env: flag('--env', 'print shell variables of the demo that runs, and end'),
}

/** `byoo demo` */
export const command = defineCommand({
  description:
    'Starts a provider (Acme Fit), a Junction and the real forwarder between them on this machine, and a page on ' +
    'which to connect a user, follow every hop and play what goes wrong. Runs until Ctrl-C, and leaves nothing ' +
    'behind; its exit code is then 0, but npx itself may end with 130.\n\n' +
    'While it runs, eval "$(byoo demo --env)" in another shell makes every command there work on it.',
  examples: ['byoo demo', 'byoo demo --json', 'eval "$(byoo demo --env production/eu)"'],
  operands: [['[environment]', 'what --env is about (default: sandbox/us)']],
  options,
  run: ({ operands: [environment], ...call }) =>
    call.options.env ? readVariables(environment, call.session) : serveDemo(environment, call),
  verbatim: true,
  text: ({ variables }) => exportLines(variables),
})

/** Runs the demo until it is interrupted: it has then done what it was started for. */
async function serveDemo(
  environment: string | undefined,
  { session, options: { port } }: Pick<Call<typeof options>, 'session' | 'options'>,
): Promise<undefined> {
  if (environment !== undefined) {
    throw usageError('byoo demo takes an environment with --env only', 'its page lets you choose one')
  }
  const { context, output, signal, style } = session
  const byoo = startedAs(context)
  const started = await bind(startDemo({ port, byoo }), '127.0.0.1', port, '--port')
  try {
    if (!noteDemo(started.url))
      session.warn('byoo demo --env will not find this demo: its temporary file is in the way')
    // One line: who reads it cannot wait for the end.
    context.stdout.write(output.json ? renderJson(toData(started), 0) : text(started, byoo, style))
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    forgetDemo(started.url)
    await session.uninterrupted(started.close())
  }
  session.notice('Stopped; nothing is left behind.')
}

/** The variables of the demo that runs, for one environment. */
async function readVariables(wanted = 'sandbox/us', { context, signal }: Session) {
  const url = findDemo()
  const demo = url === undefined ? undefined : await describe(url, signal)
  if (!demo) {
    throw new ByooError('unreachable', 'no demo is running on this machine', {
      hint: `start one in another terminal: ${startedAs(context)} demo`,
    })
  }
  const found = demo.environments.find(({ environment }) => environment === wanted)
  if (found) return { variables: found.variables }
  throw usageError(
    `the demo has no environment ${JSON.stringify(wanted)}`,
    `it has ${demoEnvironments.join(', ')}`,
  )
}

async function describe(url: string, signal: AbortSignal): Promise<DemoView | undefined> {
  try {
    const answer = await fetch(`${url}/demo`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
    })
    return answer.ok ? ((await answer.json()) as DemoView) : undefined
  } catch {
    return undefined
  }
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
      demoEnvironments.map((environment) => [
        environment,
        junction.teams[splitEnvironment(environment).region].id,
      ]),
    ),
    management_key: junction.keys.organisation,
    api_keys: junction.apiKeys,
    variables,
  }
}

/** No line is longer than this, however wide the terminal: long lines are hard to read. */
const widest = 100

/** For people. */
function text({ url }: Demo, byoo: string, style: Style): string {
  const width = Math.min(widest, style.columns ?? 80)
  const paragraph = (words: string) => wrap(words, width).join('\n')
  return `${[
    paragraph('byoo demo: a provider, a Junction and the real forwarder between them, all on this machine.'),
    `  ${style.bold(url)}`,
    paragraph('Open it: connect a user, follow every hop, switch a scenario on and see who notices.'),
    paragraph(
      'Or paste this line into another shell in this folder. Every byoo command there then talks to the demo:',
    ),
    `  ${shellLine(byoo, 'sandbox/us')}`,
    demoCommands(byoo, 'sandbox/us')
      .flatMap(({ command, does }) => [`  ${command}`, ...hanging('    ', does, width).map(style.dim)])
      .join('\n'),
    paragraph('Ctrl-C stops it and leaves nothing behind.'),
  ].join('\n\n')}\n`
}
