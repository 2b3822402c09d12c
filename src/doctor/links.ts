import { ByooError } from '../errors.ts'
import { type OauthUrl, readOauthUrl } from '../junction/oauth-url.ts'
import type { Facts, Outcome } from './facts.ts'
import type { Entry } from './subjects.ts'
import type { Users } from './users.ts'

/** A real link of Junction's, taken apart. Secret but for what `oauth` names: its state is a link token. */
export interface RealLink {
  readonly linkToken: string
  readonly oauthUrl: string
  readonly oauth: OauthUrl
}

/** Makes a link for an entry, once for all that look at it. */
export type Links = (entry: Entry) => Promise<Outcome<RealLink>>

export function createLinks(users: Users, facts: Facts): Links {
  const known = new Map<Entry, Promise<Outcome<RealLink>>>()
  const make = async (entry: Entry): Promise<Outcome<RealLink>> => {
    const { value: user, problem } = await users.of(entry.place)
    if (problem) return { problem }
    return facts.ask(async () => {
      const client = await user.service.link()
      const { provider } = entry
      const { link_token } = await client.createLinkToken({ user_id: user.userId, provider })
      const { oauth_url: oauthUrl } = await client.oauthLink(provider, link_token)
      const oauth = readOauthUrl(oauthUrl)
      if (!oauth) throw new ByooError('unexpected_answer', "Junction's link is no web address")
      return { linkToken: link_token, oauthUrl, oauth }
    })
  }
  return (entry) => {
    const link = known.get(entry) ?? make(entry)
    known.set(entry, link)
    return link
  }
}
