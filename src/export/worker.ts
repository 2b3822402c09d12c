import { type CoreAdapter, coreBundle } from './core/bundle.ts'
import { type ExportedFile, type Notes, type Plan, writeFile } from './plan.ts'

/** A Cloudflare Worker and its wrangler.jsonc; the same module runs on Deno and other engines that speak fetch. */
export async function cloudflare(plan: Plan): Promise<ExportedFile[]> {
  const notes: Notes = {
    install: [
      'npx wrangler deploy, in the folder of both files; the domains must be zones of your account',
      'observability stays off and Logpush and Tail stay unused: they record URLs, and with them codes',
    ],
    limits: [
      'a URL may have 16 kB at Cloudflare; raw quotation marks and angle brackets are refused before the Worker',
      'the engine drops a fragment, and accepts two Hosts, and Content-Length with Transfer-Encoding',
    ],
  }
  const wrangler = {
    name: 'byoo',
    main: 'byoo-worker.mjs',
    compatibility_date: '2026-11-01',
    routes: plan.hosts.map((pattern) => ({ pattern, custom_domain: true })),
    observability: { enabled: false },
    workers_dev: false,
  }
  const handler = 'export default { fetch: createFetchHandler(config) }'
  return [
    await moduleOf(plan, 'byoo-worker.mjs', 'fetch', notes, handler),
    writeFile(plan, 'wrangler.jsonc', '//', notes, `${JSON.stringify(wrangler, undefined, 2)}\n`),
  ]
}

/** A handler for a function URL or an HTTP API with payload format 2.0. */
export async function lambda(plan: Plan): Promise<ExportedFile[]> {
  const notes = {
    install: [
      'zip byoo-lambda.mjs; runtime Node.js, handler byoo-lambda.handler, payload format 2.0, stage $default',
      'leave access logs of the HTTP API off: they can record the query, and with it the authorization code',
    ],
    limits: [
      'tested in a harness of the documented event, not at AWS',
      'a bare "?" cannot be told from none; an HTTP API takes 10,240 bytes of headers and URL',
    ],
  }
  const handler = 'export const handler = createLambdaHandler(config)'
  return [await moduleOf(plan, 'byoo-lambda.mjs', 'lambda', notes, handler)]
}

async function moduleOf(
  plan: Plan,
  name: string,
  adapter: CoreAdapter,
  notes: Notes,
  handler: string,
): Promise<ExportedFile> {
  const config = { routes: plan.routes, siteVerification: [...plan.siteVerification] }
  const code = (await coreBundle(adapter)).replace(/export\{.*?\};?\s*$/s, '')
  const text = `
const config = ${JSON.stringify(config, undefined, 2)}

// The decision of byoo's own server, bundled.
${code.trim()}

${handler}
`
  return writeFile(plan, name, '//', notes, text)
}
