import { flag, option } from '../command.ts'

/** What the commands that write credentials have in common. */
export const writeOptions = {
  clientSecretFile: option(
    '--client-secret-file <path>',
    'read the secret from this file, or from stdin with -',
  ),
  detailsFile: option('--details-file <path>', "JSON or YAML with the provider's details, or - for stdin"),
  skipVerify: flag('--skip-verify', 'do not check the live endpoint first'),
  yes: flag('--yes', 'do not ask'),
  dryRun: flag('--dry-run', 'show the request, without secrets, and send nothing'),
  dashboard: flag('--dashboard', "show what to click and paste in Junction's dashboard, and send nothing"),
}
