import { contentType } from '../forwarder/routes.ts'
import { anySlug, type ExportedFile, type Plan, toRules, writeFile } from './plan.ts'

/** A CloudFront Function (runtime cloudfront-js-2.0) for the event "viewer request"; no origin is reached. */
export function cloudfront(plan: Plan): ExportedFile[] {
  const rules = toRules(plan).map(({ host, before, after, slug, head, tail }) => {
    return {
      host,
      before,
      after,
      ...(slug === undefined ? { fixed: true } : { slug: `^${slug}$` }),
      head,
      tail,
    }
  })
  const texts = Object.fromEntries(
    [...plan.siteVerification].map(([path, body]) => [path, { type: contentType(path), body }]),
  )
  const notes = {
    install: [
      'create a CloudFront Function with runtime cloudfront-js-2.0, attach it to "viewer request" of the',
      'behaviour of these paths; any origin will do, since it is never asked',
      'turn off standard logs, real-time logs and CloudWatch of this distribution, or leave cs-uri-query out:',
      'they record the query, and with it the authorization code',
    ],
    limits: [
      'tested in a harness of the documented event, not at CloudFront',
      'its URL may have 8,192 bytes',
    ],
  }
  const source = `var byHost = ${plan.hosts.length > 1}
var rules = ${json(rules)}
var texts = ${json(texts)}
var common = {
  'cache-control': { value: 'no-store' },
  'referrer-policy': { value: 'no-referrer' },
  'x-content-type-options': { value: 'nosniff' },
}
function reply(statusCode, statusDescription, headers) {
  return { statusCode: statusCode, statusDescription: statusDescription, headers: Object.assign({}, common, headers) }
}
function slugOf(rule, path) {
  if (rule.fixed) return path === rule.before ? '' : undefined
  if (!path.startsWith(rule.before) || !path.endsWith(rule.after)) return undefined
  var slug = path.slice(rule.before.length, path.length - rule.after.length)
  return new RegExp(rule.slug).test(slug) && /^${anySlug}$/.test(slug) ? slug : undefined
}
function handler(event) {
  var request = event.request
  var path = request.uri
  var reads = request.method === 'GET' || request.method === 'HEAD'
  var refused = function () {
    return reply(405, 'Method Not Allowed', { allow: { value: 'GET, HEAD' } })
  }
  var host = ((request.headers.host || {}).value || '').toLowerCase().replace(/:[0-9]*$/, '').replace(/\\.$/, '')
  var own = rules.filter(function (rule) {
    return !byHost || rule.host === host
  })
  if (own.length === 0) return reply(421, 'Misdirected Request', {})
  var query = request.rawQueryString()
  if ((path + query).indexOf('#') !== -1) return reply(400, 'Bad Request', {})
  for (var i = 0; i < own.length; i++) {
    var slug = slugOf(own[i], path)
    if (slug === undefined) continue
    if (!reads) return refused()
    var location = own[i].head + slug + own[i].tail + (query === undefined ? '' : '?' + query)
    return reply(307, 'Temporary Redirect', { location: { value: location } })
  }
  if (Object.prototype.hasOwnProperty.call(texts, path)) {
    if (!reads) return refused()
    var text = reply(200, 'OK', { 'content-type': { value: texts[path].type } })
    text.body = texts[path].body
    return text
  }
  return reply(404, 'Not Found', {})
}
`
  return [writeFile(plan, 'byoo-cloudfront.js', '//', notes, source)]
}

/** JSON that is JavaScript of any version: its two line separators were none in strings before ES2019. */
function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    /[\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  )
}
