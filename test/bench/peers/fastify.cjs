// node fastify.cjs <port>
const { fastify } = require('fastify')

const slug = /^[a-z0-9][a-z0-9_-]{0,63}$/
const target = 'https://api.us.junction.com/v2/link/connect/'
const application = fastify()

application.get('/oauth_callback/:provider', (request, reply) => {
  const { provider } = request.params
  if (!slug.test(provider)) return reply.callNotFound()
  const url = request.raw.url
  const mark = url.indexOf('?')
  const query = mark === -1 ? '' : url.slice(mark)
  reply
    .code(307)
    .header('location', target + provider + query)
    .send()
})

application.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
