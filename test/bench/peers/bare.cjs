// node:http with byoo's socket options and nothing else: node bare.cjs <port> [location]
// With a location every answer is that 307: the runtime's limit. Without, byoo's work in its barest form.
const { createServer } = require('node:http')

const [port, location] = process.argv.slice(2)
const slug = /^[a-z0-9][a-z0-9_-]{0,63}$/
const path = '/oauth_callback/'
const target = 'https://api.us.junction.com/v2/link/connect/'
const options = {
  keepAliveTimeout: 65_000,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 64 * 1024,
  requireHostHeader: false,
  // Node 24.12 and newer.
  optimizeEmptyRequests: true,
}

function constant(_request, response) {
  response.writeHead(307, { Location: location, 'Content-Length': 0 })
  response.end()
}

function slice(request, response) {
  const url = request.url
  const mark = url.indexOf('?')
  const end = mark === -1 ? url.length : mark
  const provider = url.slice(path.length, end)
  if (!url.startsWith(path) || !slug.test(provider)) {
    response.writeHead(404, { 'Content-Length': 0 })
  } else {
    response.writeHead(307, {
      Location: target + provider + url.slice(end),
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Content-Length': 0,
    })
  }
  response.end()
}

createServer(options, location === undefined ? slice : constant).listen(Number(port), '127.0.0.1')
