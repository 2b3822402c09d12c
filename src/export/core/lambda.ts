import { type CoreConfig, createCore, inPairs } from './handle.ts'

/** The parts of an event of a function URL or an HTTP API (payload format 2.0) that are looked at. */
export interface LambdaEvent {
  readonly rawPath: string
  readonly rawQueryString: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly requestContext: { readonly http: { readonly method: string } }
}

/** A handler for AWS Lambda. */
export function createLambdaHandler(config: CoreConfig) {
  const core = createCore(config)
  return async ({ rawPath, rawQueryString, headers, requestContext }: LambdaEvent) => {
    const { method } = requestContext.http
    const reply = core({
      method,
      target: rawQueryString === '' ? rawPath : `${rawPath}?${rawQueryString}`,
      header: (name) => headers[name],
    })
    const body = method === 'HEAD' ? '' : reply.body
    return { statusCode: reply.status, headers: Object.fromEntries(inPairs(reply.headers)), body }
  }
}
