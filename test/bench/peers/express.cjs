// node express.cjs <port>
const express = require('express')

const slug = /^[a-z0-9][a-z0-9_-]{0,63}$/
const target = 'https://api.us.junction.com/v2/link/connect/'
const application = express()
application.disable('x-powered-by')

// Not response.redirect(): it re-encodes the Location, writes a body that repeats it, and is a quarter slower.
application.get('/oauth_callback/:provider', (request, response, next) => {
  const { provider } = request.params
  if (!slug.test(provider)) return next()
  const mark = request.url.indexOf('?')
  const query = mark === -1 ? '' : request.url.slice(mark)
  response.writeHead(307, { Location: target + provider + query, 'Content-Length': 0 })
  response.end()
})

application.listen(Number(process.argv[2]), '127.0.0.1')
