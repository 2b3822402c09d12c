import { ByooError, usageError } from '../errors.ts'
import { secretFault } from '../junction/keys.ts'
import type { Terminal } from './context.ts'
import type { Session } from './session.ts'

/** Asks for a secret, shown neither now nor later. Like all questions, undefined when nobody can be asked. */
export async function askSecret(message: string, session: Session): Promise<string | undefined> {
  const secret = await ask(session, ({ password }, terminal) =>
    password({
      ...terminal,
      message: `${message} (not shown)`,
      mask: '',
      validate: (text) => {
        const fault = secretFault(text ?? '')
        return fault === undefined ? undefined : `It ${fault}.`
      },
    }),
  )
  if (secret !== undefined) session.hide(secret)
  return secret
}

/** What is wrong with an answer, or undefined. */
type FaultOf = (text: string) => string | undefined

/** Asks for a line of text; `initial` is what it is when nothing is typed. */
export function askText(
  message: string,
  session: Session,
  { initial, fault }: { initial?: string | undefined; fault?: FaultOf } = {},
): Promise<string> | undefined {
  return ask(session, ({ text }, terminal) =>
    text({
      ...terminal,
      message,
      ...(initial === undefined ? {} : { placeholder: initial, defaultValue: initial }),
      validate: (answer) => fault?.(answer || initial || ''),
    }),
  )
}

/**
 * Goes on when the person says yes, which is not the default; `word` has to be typed where a yes comes too easily.
 * Where nobody can be asked, `unasked` is the failure.
 */
export async function confirm(
  message: string,
  session: Session,
  unasked: ByooError = unconfirmed('this has'),
  word?: string,
): Promise<void> {
  const fault: FaultOf = (text) => (text === word ? undefined : `Type ${word}, or press Ctrl-C.`)
  const asking =
    word === undefined
      ? ask(session, (prompts, terminal) => prompts.confirm({ ...terminal, message, initialValue: false }))
      : askText(message, session, { fault })
  const answer = await asking
  if (answer === undefined) throw unasked
  if (answer === false) throw new ByooError('interrupted', 'stopped: nothing was changed')
}

/** The failure where nobody can be asked whether `what` is meant; `doubts` are what is doubtful, each as a sentence. */
export function unconfirmed(what: string, doubts: readonly string[] = []): ByooError {
  const message = `${what} to be confirmed, and there is no terminal to ask on`
  return usageError([message, ...doubts].join('\n  '), 'add --yes when you are sure')
}

type Shared = Pick<Terminal, 'input' | 'output'> & { readonly signal: AbortSignal }

function ask<Answer>(
  session: Session,
  question: (prompts: typeof import('@clack/prompts'), shared: Shared) => Promise<Answer>,
): Promise<Exclude<Answer, symbol>> | undefined {
  const terminal = findTerminal(session)
  if (!terminal) return undefined
  const { input } = terminal
  const output = session.output.colour.stderr ? terminal.output : withoutColours(terminal.output)
  const ended = new AbortController()
  const end = () => ended.abort()
  // Without these, Ctrl-D and a terminal that goes away would leave the prompt waiting for ever.
  const onKey = (_: unknown, key: { readonly ctrl?: boolean; readonly name?: string }) => {
    if (key.ctrl && key.name === 'd') end()
  }
  const answered = async () => {
    try {
      const prompts = await import('@clack/prompts')
      input.on('keypress', onKey).on('end', end).on('close', end)
      const signal = AbortSignal.any([session.signal, ended.signal])
      const answer = await question(prompts, { input, output, signal })
      if (typeof answer !== 'symbol') return answer as Exclude<Answer, symbol>
      throw new ByooError('interrupted', 'interrupted: nothing was changed')
    } finally {
      input.off('keypress', onKey).off('end', end).off('close', end)
      terminal.close()
    }
  }
  return answered()
}

/** Is there somebody to ask? */
export function canAsk(session: Session): boolean {
  const terminal = findTerminal(session)
  terminal?.close()
  return terminal !== undefined
}

/** stdin and stderr when both are terminals, else the one that the process was started from. */
function findTerminal({ context, output }: Session): Terminal | undefined {
  if (!output.input) return undefined
  if (context.stdinIsTerminal() && context.stderrIsTerminal) {
    return { input: context.stdin(), output: context.stderr, close: () => undefined }
  }
  return context.openTerminal()
}

/** SGR sequences (ECMA-48 §8.3.117) of colours; the rest of a prompt, its cursor too, is drawn with others. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape sequences begin with
const colours = /\u001b\[(?:3\d|4\d|9\d|10\d)m/g

/** The prompt library paints whatever it is told, so its colours are taken out on their way. */
function withoutColours(output: Terminal['output']): Terminal['output'] {
  const write = (chunk: string, ...rest: never[]) => output.write(chunk.replace(colours, ''), ...rest)
  return Object.create(output, { write: { value: write } })
}
