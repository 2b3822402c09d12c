import { connect } from 'node:net'

// What pipelining.test.ts runs in the network namespace of a forwarder: `node pipeline-clients.ts <port> <task>`.

const [port = 0, connections = 0] = process.argv.slice(2).map(Number)

/** Asks for thousands of pages on each connection, reads none of them, and stays. */
function attack(): void {
  const requests = 'GET / HTTP/1.1\r\nHost:\r\n\r\n'.repeat(5200)
  let connected = 0
  for (let count = 0; count < connections; count += 1) {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(requests)
      connected += 1
      if (connected === connections) console.log('connected')
    })
    socket.pause()
    // It is shown out in the end.
    socket.on('error', () => undefined)
  }
}

/** Milliseconds that one login takes, or what came instead of its answer. */
function logIn(): Promise<number | string> {
  return new Promise((resolve) => {
    const started = performance.now()
    let received = ''
    const socket = connect({ port, host: '127.0.0.1' }, () =>
      socket.write('GET /oauth_callback/strava?code=c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'),
    )
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      received += text
    })
    socket.on('error', (error) => resolve(error.message))
    socket.on('close', () =>
      resolve(received.startsWith('HTTP/1.1 307 ') ? performance.now() - started : received),
    )
  })
}

if (connections > 0) attack()
else {
  // One after another until nobody reads what they took.
  process.stdout.on('error', () => process.exit())
  for (;;) {
    console.log(JSON.stringify(await logIn()))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
