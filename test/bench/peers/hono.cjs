// node hono.cjs <port>
const { serve } = require('@hono/node-server')
const { Hono } = require('hono')

const slug = /^[a-z0-9][a-z0-9_-]{0,63}$/
const target = 'https://api.us.junction.com/v2/link/connect/'
const application = new Hono()

// The raw URL comes from node:http's request: the one of the web Request has been normalised.
application.get('/oauth_callback/:provider', (context) => {
  const provider = context.req.param('provider')
  if (!slug.test(provider)) return context.notFound()
  const url = context.env.incoming.url
  const mark = url.indexOf('?')
  const query = mark === -1 ? '' : url.slice(mark)
  return context.body('', 307, { Location: target + provider + query })
})

serve({ fetch: application.fetch, port: Number(process.argv[2]), hostname: '127.0.0.1' })
