import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import { ByooError } from '../errors.ts'
import { renderJson } from '../output/json.ts'
import type { Style } from '../output/style.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-code.ts'
import { createHiding, type Hiding, openSession, type Session } from './session.ts'

/** What the declarations of all commands share. */
export interface Running {
  readonly context: Context
  readonly argv: readonly string[]
  readonly hiding: Hiding
  exitCode: ExitCode
}

/** Is the command on the command line? If not, its options are not worth the start-up time of declaring them. */
export function isNamed(name: string, { argv }: Running): boolean {
  return argv.includes(name)
}

export function createRunning(argv: readonly string[], context: Context): Running {
  return { context, argv, hiding: createHiding(), exitCode: 0 }
}

/** A command's module: `run` decides and acts, `text` shows the result to people. */
export interface CommandModule<Data extends object> {
  run(session: Session, operand: string, further: string | undefined): Promise<Data>
  text(data: Data, style: Style): string
  /** When the result is not that everything is well. */
  exitCode?(data: Data): ExitCode
}

/** A commander action that loads a command's module only when it is called. */
export function perform<Data extends object>(running: Running, load: () => Promise<CommandModule<Data>>) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    const { context, hiding } = running
    const session = openSession(command.optsWithGlobals(), running.argv, context, hiding)
    if (session.flags.clientSecret !== undefined) throw secretInArguments()
    const { run, text, exitCode } = await load()
    const [operand = '', further] = command.processedArgs as (string | undefined)[]
    const data = await Promise.race([run(session, operand, further), interrupted(session)])
    const { json } = session.manners
    context.stdout.write(hiding.applyToResult(json ? renderJson(data) : text(data, session.style)))
    if (exitCode) running.exitCode = exitCode(data)
  }
}

/** In milliseconds: what is under way may say first what the interruption leaves behind. */
const lastWords = 300

function interrupted({ signal, isBusy }: Session): Promise<never> {
  return new Promise((_, reject) => {
    const stop = async () => {
      do await wait(lastWords)
      while (isBusy())
      reject(new ByooError('interrupted', 'interrupted'))
    }
    signal.addEventListener('abort', stop, { once: true })
  })
}

function secretInArguments(): ByooError {
  return new ByooError(
    'usage',
    '"--client-secret" is not an option: other users of this machine can read arguments, and the shell remembers them',
    {
      hint: 'use --client-secret-file <path>, or --client-secret-file - and pipe it in, or BYOO_CLIENT_SECRET,\nor leave it out to be asked for it; if it was a real one, replace it at the provider',
    },
  )
}
