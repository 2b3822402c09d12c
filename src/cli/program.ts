import type { CommandEntry } from './command.ts'
import type { Context } from './context.ts'
import { type CommandTable, execute } from './execute.ts'
import type { ExitCode } from './exit-code.ts'

/** Every command, in the order of the main help. Each is declared by its own module, loaded when it is named. */
export const commandTable: CommandTable = {
  'Trying it out:': [
    entry('demo', 'the whole OAuth loop, without an account', () => import('./commands/demo.ts')),
  ],
  'Forwarder:': [
    entry('serve', 'run the forwarder', () => import('./commands/serve.ts')),
    {
      ...entry(
        'healthcheck',
        'ask the forwarder on this machine for its health',
        () => import('./commands/healthcheck.ts'),
      ),
      hidden: true,
    },
  ],
  'Setting up:': [
    entry('init', 'write a byoo.yaml', () => import('./commands/init.ts')),
    entry('prepare', 'what to set up at the provider', () => import('./commands/prepare.ts')),
    entry(
      'verify',
      'check that a callback endpoint passes on every byte',
      () => import('./commands/verify.ts'),
    ),
    entry('doctor', 'compare all the places that have to agree', () => import('./commands/doctor.ts')),
  ],
  'Beyond one machine:': [
    entry(
      'export',
      'the same routes for nginx, an edge, Kubernetes and others',
      () => import('./commands/export.ts'),
    ),
  ],
  "Junction's credentials:": [
    entry('diff', 'what byoo.yaml says beside what Junction holds', () => import('./commands/diff.ts')),
    entry('apply', 'make Junction equal to byoo.yaml', () => import('./commands/apply.ts')),
    entry('set-credentials', 'give Junction your client id, secret and redirect URI', async () => ({
      command: (await import('./commands/set-credentials.ts')).setCredentialsCommand,
    })),
    entry('set-redirect', 'change the redirect URI only', async () => ({
      command: (await import('./commands/set-credentials.ts')).setRedirectCommand,
    })),
    {
      name: 'credentials',
      summary: 'list, show or delete what Junction holds',
      description: 'The custom credentials that Junction holds.',
      examples: ['byoo credentials list --all', 'byoo credentials show strava'],
      commands: [
        entry('list', 'all providers', async () => ({
          command: (await import('./commands/credentials.ts')).listCommand,
        })),
        entry('show', 'one provider, in full', async () => ({
          command: (await import('./commands/credentials.ts')).showCommand,
        })),
        entry('delete', 'remove the credentials of one provider', async () => ({
          command: (await import('./commands/credentials.ts')).deleteCommand,
        })),
      ],
    },
  ],
  'Your users:': [
    entry('link', 'make a real OAuth link and check what is in it', () => import('./commands/link.ts')),
    entry('connections', "a user's connections and their status", () => import('./commands/connections.ts')),
    entry('disconnect', 'remove a connection of a user', () => import('./commands/disconnect.ts')),
  ],
  'Your key:': [
    entry('login', 'keep your management key on this machine', () => import('./commands/login.ts')),
    entry('logout', 'forget the key', () => import('./commands/logout.ts')),
    entry('whoami', 'which key is used, and where it comes from', () => import('./commands/whoami.ts')),
  ],
  'Reference:': [
    entry('providers', 'the providers, and what each of them needs', () => import('./commands/providers.ts')),
    entry('explain', 'what an error code means, and what to do', () => import('./commands/explain.ts')),
    entry('completion', 'complete byoo in bash, zsh or fish', async () => ({
      command: (await import('./commands/completion.ts')).completionCommand(commandTable),
    })),
  ],
}

/** Runs any command. */
export function runProgram(argv: readonly string[], context: Context): Promise<ExitCode> {
  return execute(argv, context, commandTable, {
    perform: async (...call) => (await import('./perform.ts')).perform(...call),
    describeFailure: async (...call) => (await import('./failure.ts')).describeFailure(...call),
  })
}

function entry(name: string, summary: string, load: CommandEntry['load']): CommandEntry {
  return { name, summary, load }
}
