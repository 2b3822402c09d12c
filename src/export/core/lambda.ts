import { type CoreConfig, createCore } from './handle.ts'

/** The parts of an event of a function URL or an HTTP API (payload format 2.0) that are looked at. */
export interface LambdaEvent {
  readonly rawPath: string
  readonly rawQueryString: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly requestContext: { readonly http: { readonly method: string } }
}

export interface LambdaAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A handler for AWS Lambda. */
export function createLambdaHandler(config: CoreConfig): (event: LambdaEvent) => Promise<LambdaAnswer> {
  const core = createCore(config)
  return async ({ rawPath, rawQueryString, headers, requestContext }) => {
    const { method } = requestContext.http
    const reply = core({
      method,
      target: rawQueryString === '' ? rawPath : `${rawPath}?${rawQueryString}`,
      header: (name) => headers[name],
    })
    const answer: Record<string, string> = {}
    for (let index = 0; index < reply.headers.length; index += 2) {
      answer[reply.headers[index] ?? ''] = reply.headers[index + 1] ?? ''
    }
    return { statusCode: reply.status, headers: answer, body: method === 'HEAD' ? '' : reply.body }
  }
}
