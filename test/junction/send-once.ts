import * as z from 'zod/mini'
import { createHttp } from '../../src/junction/http.ts'

// A program: sends one request to the URL given and prints what came of it.
const [url = ''] = process.argv.slice(2)
const http = createHttp({ env: process.env, timeout: 10_000, wait: async () => {} })
try {
  const request = { method: 'GET', url, credentials: {}, kind: 'read', action: 'read' } as const
  console.log(JSON.stringify(await http.send(request, z.unknown())))
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error))
} finally {
  await http.close()
}
