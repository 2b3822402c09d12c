/** The calls of the management API that the simulator answers. */
export type ManagementOperation = 'list' | 'set' | 'delete' | 'prepare' | 'team' | 'token'

/** The calls of the link API that the simulator answers. */
export type LinkOperation =
  | 'create_user'
  | 'get_user'
  | 'resolve_user'
  | 'delete_user'
  | 'create_link_token'
  | 'oauth_link'
  | 'link_providers'
  | 'providers'
  | 'connections'
  | 'disconnect'
  /** The OAuth callback. */
  | 'connect'
  /** Junction's own page, for who has only the token. */
  | 'link_page'

/** What the provider answers. */
export type ProviderOperation = 'authorize' | 'decision' | 'exchange' | 'revoke' | 'profile'

/** Shapes that the body of a failed answer may have: nobody documents which one Junction uses. */
export type ErrorShape = 'string' | 'list' | 'object' | 'html' | 'empty'

/** One thing that goes wrong. */
export type Failure = {
  /** Only for this call. */
  readonly operation?: ManagementOperation | LinkOperation | ProviderOperation
  /** How many requests it befalls; 1 unless given. */
  readonly times?: number
} & (
  | {
      readonly type: 'status'
      readonly status: number
      readonly shape?: ErrorShape
      /** What the body says, in any shape. */
      readonly text?: string
      /** Value of `Retry-After`. */
      readonly retryAfter?: string
      /** Value of `Location`. */
      readonly location?: string
      /** Does a write take effect all the same? */
      readonly takesEffect?: boolean
    }
  /** The connection is reset, before or after a write took effect. */
  | { readonly type: 'reset'; readonly takesEffect: boolean }
  /** The answer breaks off in the middle of its body; a write took effect. */
  | { readonly type: 'cut_off' }
  /** No answer until the caller gives up or the simulator is closed; a write takes effect if said so. */
  | { readonly type: 'silence'; readonly takesEffect?: boolean }
  /** The answer comes late. */
  | { readonly type: 'slow'; readonly milliseconds: number }
  /** 200 and a body that is no JSON; a write took effect. */
  | { readonly type: 'malformed'; readonly body?: string }
  /** 200 and a body larger than any client should take; a write took effect. */
  | { readonly type: 'too_large' }
)

/** What is unknown about Junction, or goes wrong with it. */
export interface Switches {
  /** What becomes of fields that a write leaves out. */
  readonly omittedFields: 'kept' | 'cleared'
  /** Answers have fields and enumeration members that nobody knows. */
  readonly strangeAnswers: boolean
  /** A required field that is left out of answers, wherever it stands. */
  readonly missingField: string | undefined
  /** Which name the token call has. */
  readonly tokenCall: 'create_api_access_token' | 'create_access_token'
  /** Deletions end up in the list of failures. */
  readonly deletionFails: boolean
  /** Records in one page of a list. */
  readonly pageSize: number
  /** The list never ends, or gives the same cursor again and again. */
  readonly endlessPages: false | 'new_cursors' | 'same_cursor'
  readonly failures: readonly Failure[]
}

/** Everything as documented, nothing goes wrong. */
export const noSwitches: Switches = {
  omittedFields: 'kept',
  strangeAnswers: false,
  missingField: undefined,
  tokenCall: 'create_api_access_token',
  deletionFails: false,
  pageSize: 50,
  endlessPages: false,
  failures: [],
}

/** The body of a failed answer, and its content type. */
export function errorBody(shape: ErrorShape, text: string): { type: string | undefined; body: string } {
  if (shape === 'empty') return { type: undefined, body: '' }
  if (shape === 'html') {
    return {
      type: 'text/html',
      body: `<!doctype html>\n<html><head><title>${text}</title></head><body><h1>${text}</h1></body></html>\n`,
    }
  }
  const details = {
    string: text,
    list: [{ loc: ['body', 'client_id'], msg: text, type: 'value_error' }],
    object: { error_type: 'made_up_error', error_message: text },
  }
  return { type: 'application/json', body: JSON.stringify({ detail: details[shape] }) }
}
