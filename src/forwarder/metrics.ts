import { createServer } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { listen } from './listen.ts'
import type { AccessEntry } from './log.ts'

/** Counts what the forwarder does, for Prometheus. Labels come from the configuration and the catalogue only. */
export interface Metrics {
  request(entry: AccessEntry): void
  connectionRefused(): void
  /** Serves `GET /metrics`; resolves to `host:port`. */
  listen(port: number, host: string): Promise<string>
}

/** Makes the metrics; `openConnections` is asked when they are collected. */
export function createMetrics(openConnections: () => number): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const named = (name: string, help: string) => ({ name: `byoo_${name}`, help, registers: [registry] })
  const requests = new Counter({
    ...named('requests_total', 'Answered requests.'),
    labelNames: ['route', 'provider', 'status'],
  })
  const duration = new Histogram({
    ...named('request_duration_seconds', 'Time from the parsed request to its answer.'),
    buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
  })
  const refused = new Counter(
    named('connections_refused_total', 'Connections closed because --max-connections was reached.'),
  )
  new Gauge({
    ...named('connections_open', 'Open client connections.'),
    collect() {
      this.set(openConnections())
    },
  })
  const server = createServer(async (request, response) => {
    const found = request.method === 'GET' && request.url === '/metrics'
    const body = found ? await registry.metrics() : 'Not found: the metrics are at /metrics.\n'
    const type = found ? registry.contentType : 'text/plain; charset=utf-8'
    const length = Buffer.byteLength(body)
    const headers = { 'Content-Type': type, 'Content-Length': length, 'Cache-Control': 'no-store' }
    response.writeHead(found ? 200 : 404, headers).end(body)
  })
  return {
    request: ({ route, provider = '', status, durationMs }) => {
      requests.inc({ route, provider, status })
      duration.observe(durationMs / 1000)
    },
    connectionRefused: () => refused.inc(),
    listen: (port, host) => listen(server, port, host),
  }
}
