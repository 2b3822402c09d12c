import { readYamlConfig } from '../../src/config/read-yaml-config.ts'
import { forward } from '../../src/forwarder/forward.ts'
import { compileRoutes } from '../../src/forwarder/routes.ts'
import { routePath, routesYaml } from './routes.ts'

// What bench.ts bundles and runs on each Node: processor time by the number of routes on one host, as JSON.

/** Processor time of this process in milliseconds. */
function spent(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The quickest of some runs, of as many as fit into some seconds, in milliseconds of processor time. */
function quickest(run: () => void): number {
  const times: number[] = []
  for (const start = spent(); times.length < 7 && spent() - start < 3000; ) {
    const before = spent()
    run()
    times.push(spent() - before)
  }
  return Math.min(...times)
}

const asked = 20_000
const figures = [1, 1000, 3000].map((count) => {
  const text = routesYaml(count)
  const checking = quickest(() => readYamlConfig('byoo.yaml', text, 'forwarder'))
  const table = compileRoutes(readYamlConfig('byoo.yaml', text, 'forwarder').config, [])
  const forwarding = { table, maxTarget: 32_768, ready: true }
  // As Node makes them: each a text of its own.
  const targets = Array.from({ length: 1000 }, (_, index) =>
    Buffer.from(`${routePath((index * 7) % count)}?code=${'c'.repeat(300)}`).toString('latin1'),
  )
  const request = { method: 'GET', http10: false, rawHeaders: ['Host', 'o.example'], expect: undefined }
  const lookingUp = quickest(() => {
    for (let index = 0; index < asked; index += 1) {
      forward({ ...request, target: targets[index % 1000] ?? '' }, forwarding)
    }
  })
  return { count, checking, lookUp: (lookingUp * 1000) / asked }
})
process.stdout.write(JSON.stringify(figures))
