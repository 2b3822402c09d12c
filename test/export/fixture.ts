import { readConfig } from '../../src/config/read-config.ts'
import { createPlan, type ExportedFile, type Plan } from '../../src/export/plan.ts'
import { targets } from '../../src/export/targets.ts'

/**
 * What the tests export: two hosts, text after the slug, an allow-list, a fixed provider, a custom target and a site
 * verification, each with characters that mean something to some server.
 */
export const exportedYaml = `routes:
  - url: https://oauth.example.com/oauth_callback/{provider}
    environment: production/us
  - url: https://oauth.example.com/connect/{provider}/call$1back
    target: https://wearables.example.com/api/$1;'v1'/{provider}/callback
  - url: https://other.example.org/oauth_callback/{provider}
    environment: sandbox/eu
    providers: [strava, oura]
  - url: https://other.example.org/oauth/whoop
    environment: production/eu
    provider: whoop_v2
site_verification:
  /google0123456789abcdef.html: ${JSON.stringify('site: "a$x" {b} \\n \'c\'; #\nsecond line, é')}
`

/** The plan of a byoo.yaml's text. */
export async function planOf(command: string, text = exportedYaml): Promise<Plan> {
  const { config, faults } = await readConfig({ route: {}, file: undefined, text, directory: '/nonexistent' })
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return createPlan(command, 'byoo.yaml', config)
}

/** What `byoo export <target>` writes. */
export async function exported(name: string, text?: string): Promise<readonly ExportedFile[]> {
  const [word = '', flag] = name.split(' ')
  const target = targets.find((each) => each.name === word && each.proxy === (flag === '--proxy'))
  if (!target) throw new Error(`no target ${name}`)
  return target.print(await planOf(name, text))
}
