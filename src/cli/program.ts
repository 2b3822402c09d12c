import type { Context } from './context.ts'
import { type CommandTable, execute } from './execute.ts'
import type { ExitCode } from './exit-code.ts'
import { forwarderCommands } from './forwarder-program.ts'

/** Every command, in the order of the main help. Each is declared by its own module, loaded when it is named. */
export const commandTable: CommandTable = {
  'Trying it out:': [
    {
      name: 'demo',
      summary: 'the whole OAuth loop, without an account',
      load: () => import('./commands/demo.ts'),
    },
  ],
  'Forwarder:': forwarderCommands,
  'Setting up:': [
    { name: 'init', summary: 'write a byoo.yaml', load: () => import('./commands/init.ts') },
    {
      name: 'prepare',
      summary: 'what to set up at the provider',
      load: () => import('./commands/prepare.ts'),
    },
    {
      name: 'verify',
      summary: 'check that a callback endpoint passes on every byte',
      load: () => import('./commands/verify.ts'),
    },
    {
      name: 'doctor',
      summary: 'compare all the places that have to agree',
      load: () => import('./commands/doctor.ts'),
    },
  ],
  'Beyond one machine:': [
    {
      name: 'export',
      summary: 'the same routes for nginx, an edge, Kubernetes and others',
      load: () => import('./commands/export.ts'),
    },
  ],
  "Junction's credentials:": [
    {
      name: 'diff',
      summary: 'what byoo.yaml says beside what Junction holds',
      load: () => import('./commands/diff.ts'),
    },
    {
      name: 'apply',
      summary: 'make Junction equal to byoo.yaml',
      load: () => import('./commands/apply.ts'),
    },
    {
      name: 'set-credentials',
      summary: 'give Junction your client id, secret and redirect URI',
      load: async () => ({ command: (await import('./commands/set-credentials.ts')).setCredentialsCommand }),
    },
    {
      name: 'set-redirect',
      summary: 'change the redirect URI only',
      load: async () => ({ command: (await import('./commands/set-credentials.ts')).setRedirectCommand }),
    },
    {
      name: 'credentials',
      summary: 'list, show or delete what Junction holds',
      description: 'The custom credentials that Junction holds.',
      examples: ['byoo credentials list --all', 'byoo credentials show strava'],
      commands: [
        {
          name: 'list',
          summary: 'all providers',
          load: async () => ({ command: (await import('./commands/credentials.ts')).listCommand }),
        },
        {
          name: 'show',
          summary: 'one provider, in full',
          load: async () => ({ command: (await import('./commands/credentials.ts')).showCommand }),
        },
        {
          name: 'delete',
          summary: 'remove the credentials of one provider',
          load: async () => ({ command: (await import('./commands/credentials.ts')).deleteCommand }),
        },
      ],
    },
  ],
  'Your users:': [
    {
      name: 'link',
      summary: 'make a real OAuth link and check what is in it',
      load: () => import('./commands/link.ts'),
    },
    {
      name: 'connections',
      summary: "a user's connections and their status",
      load: () => import('./commands/connections.ts'),
    },
    {
      name: 'disconnect',
      summary: 'remove a connection of a user',
      load: () => import('./commands/disconnect.ts'),
    },
  ],
  'Your key:': [
    {
      name: 'login',
      summary: 'keep your management key on this machine',
      load: () => import('./commands/login.ts'),
    },
    { name: 'logout', summary: 'forget the key', load: () => import('./commands/logout.ts') },
    {
      name: 'whoami',
      summary: 'which key is used, and where it comes from',
      load: () => import('./commands/whoami.ts'),
    },
  ],
  'Reference:': [
    {
      name: 'providers',
      summary: 'the providers, and what each of them needs',
      load: () => import('./commands/providers.ts'),
    },
    {
      name: 'explain',
      summary: 'what an error code means, and what to do',
      load: () => import('./commands/explain.ts'),
    },
    {
      name: 'completion',
      summary: 'complete byoo in bash, zsh or fish',
      load: async () => ({
        command: (await import('./commands/completion.ts')).completionCommand(commandTable),
      }),
    },
  ],
}

/** Runs any command. */
export function runProgram(argv: readonly string[], context: Context): Promise<ExitCode> {
  return execute(argv, context, commandTable, { globalOptions: true })
}
