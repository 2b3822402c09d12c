/** Options that say how a command talks, whatever it does. */
export const outputFlags = {
  json: ['--json', 'one JSON object on stdout, errors as JSON on stderr'],
  quiet: ['--quiet', 'the answer alone'],
  verbose: ['--verbose', 'show requests and answers, without secrets'],
  noColor: ['--no-color', 'no colours'],
  noInput: ['--no-input', 'never ask, fail instead'],
} as const

/** Options that say what a command works on. */
export const targetFlags = {
  config: ['--config <file>', "byoo.yaml (default: in this folder, or above it up to the repository's root)"],
  environment: ['--environment <name>', 'such as production/us'],
  region: ['--region <name>', 'us or eu'],
  org: ['--org <uuid>', 'your organisation in Junction'],
  team: ['--team <uuid>', 'your team in Junction'],
  timeout: ['--timeout <seconds>', 'for one request (default: 30)'],
} as const

/** Options for a Junction that is not Junction's own; in no help. */
export const hiddenFlags = {
  managementUrl: ['--management-url <url>', 'base URL of the management API'],
  apiUrl: ['--api-url <template>', 'base URL of the Link API'],
} as const
