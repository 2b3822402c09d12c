import { callbackUrl } from '../../config/callback.ts'
import { ByooError } from '../../errors.ts'
import { connectTarget } from '../../junction/environments.ts'
import { createStyle } from '../../output/style.ts'
import { renderText } from '../../verify/report.ts'
import { verifyRequired } from '../../verify/verify.ts'
import type { Session } from '../session.ts'
import { type Place, selectRoute } from '../workspace/selection.ts'
import type { Workspace } from '../workspace/workspace.ts'

/**
 * Before a write in production, which is active at once: asks the live endpoint the required cases, and fails with
 * `check_failed` unless users would arrive at Junction unharmed.
 */
export async function verifyBeforeWrite(
  session: Session,
  workspace: Workspace,
  place: Place,
  provider: string,
  redirectUrl: string,
  skipVerify: boolean,
): Promise<void> {
  if (place.environment !== 'production' || skipVerify) return
  const { context, output, signal } = session
  const { summary, passed, verification } = await session
    .progress(
      `Verifying ${redirectUrl}`,
      verifyRequired(redirectUrl, targetOf(session, workspace, place, provider, redirectUrl), provider, {
        signal,
      }),
    )
    .catch((error) => {
      if (signal.aborted) throw new ByooError('interrupted', 'interrupted')
      throw error
    })
  if (passed) {
    session.notice(`Verified ${redirectUrl}: ${summary}`)
    return
  }
  if (!output.json) {
    const style = createStyle(output.colour.stderr, context.columns)
    const options = { style, strict: false, quiet: false, verbose: false, several: false }
    session.show(renderText(verification, options))
  }
  throw new ByooError(
    'check_failed',
    `nothing was sent to Junction, because the live endpoint is not right: ${summary}`,
    {
      hint: `see what is wrong:\nbyoo verify ${redirectUrl} --environment ${place.environment} --region ${place.region} --provider ${provider}\nor, when you are sure, add --skip-verify`,
    },
  )
}

/** Where byoo.yaml sends the callbacks of this URL, else Junction. */
function targetOf(
  session: Session,
  workspace: Workspace,
  place: Place,
  provider: string,
  redirectUrl: string,
) {
  const route = workspace.file && selectRoute(session, workspace, place, provider)
  const own = route && callbackUrl(route, provider) === redirectUrl
  return { template: own ? route.target : connectTarget(place.environment, place.region), ...place }
}
