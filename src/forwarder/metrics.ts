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
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'byoo_requests_total',
    help: 'Answered requests.',
    labelNames: ['route', 'provider', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'byoo_request_duration_seconds',
    help: 'Time from the parsed request to its answer.',
    buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
    registers,
  })
  const refused = new Counter({
    name: 'byoo_connections_refused_total',
    help: 'Connections closed because --max-connections was reached.',
    registers,
  })
  new Gauge({
    name: 'byoo_connections_open',
    help: 'Open client connections.',
    registers,
    collect() {
      this.set(openConnections())
    },
  })
  const server = createServer(async (request, response) => {
    const found = request.method === 'GET' && request.url === '/metrics'
    const body = found ? await registry.metrics() : 'Not found: the metrics are at /metrics.\n'
    const type = found ? registry.contentType : 'text/plain; charset=utf-8'
    response
      .writeHead(found ? 200 : 404, {
        'Content-Type': type,
        'Content-Length': Buffer.byteLength(body),
        'Cache-Control': 'no-store',
      })
      .end(body)
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
